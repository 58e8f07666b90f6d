/**
 * `npm run nemesis -- [--minutes N] [--members N] [--seed N]`: many clients of a real etcd, through
 * the gateway, while members, the gateway and what it reads come to harm. Exit 1: something
 * acknowledged was lost; then it prints what reproduces it.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

import { Scope } from '../support/scope.js';
import { commandFor, conclude } from './report.js';
import { run, type RunOptions } from './run.js';

function options(): RunOptions {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      members: { type: 'string', default: '3' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    },
  });
  const [minutes, members, seed] = [values.minutes, values.members, values.seed].map(Number);
  if (minutes === undefined || !(minutes > 0)) throw new Error('--minutes: a number above 0');
  if (members !== 3 && members !== 5) throw new Error('--members: 3 or 5');
  if (seed === undefined || !Number.isSafeInteger(seed)) throw new Error('--seed: a whole number');
  return { seed, members, lastsMs: minutes * 60_000 };
}

const scope = new Scope();
process.once('SIGINT', () => void scope.close().then(() => process.exit(130)));
try {
  const wanted = options();
  console.log(commandFor(wanted));
  const failure = await conclude(await run(scope, wanted));
  if (failure !== '') {
    console.log(failure);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await scope.close();
}
