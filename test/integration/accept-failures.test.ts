import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readExactly } from '../support/bytes.js';
import { withClient } from '../support/client.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { mainGateway } from '../support/gateway-config.js';
import { needs, needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('clients that cannot be accepted');
const traced = whyNot() === undefined ? needs(test, 'strace') : needsThat(test, whyNot());

function whyNot(): string | undefined {
  if (systemSides.kind === 'portable') return "Node's own sockets accept in their own way";
  const { error, status } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']);
  return error || status === 0 ? undefined : 'this machine lets nobody trace processes';
}

interface Traced {
  readonly gateway: GatewayProcess;
  readonly port: number;
  readonly calls: () => Promise<number>;
}

/** A gateway whose accept4(2) fails so often. */
async function withFailing(scope: Scope, error: string, when: string): Promise<Traced> {
  const { address } = await withUpstream(scope, { behaviour: identity('it') });
  const port = await freePort();
  const trace = join(await scope.tempDir(), 'trace');
  const flags = ['-D', '-f', '-qq', '-e', 'trace=accept4', '-o', trace];
  const gateway = await withGateway(scope, {
    config: { ...mainGateway(port, [address]), log: { level: 'info', format: 'json' } },
    before: ['strace', ...flags, '-e', `inject=accept4:error=${error}:when=${when}`],
  });
  const calls = async (): Promise<number> => (await readFile(trace, 'utf8')).split('\n').length - 1;
  return { gateway, port, calls };
}

const message = 'a client could not be accepted';

for (const error of ['ENOMEM', 'ENOBUFS', 'EMFILE', 'EPERM']) {
  traced(
    `are told of once and waited for, without spinning, while there is ${error}`,
    scoped(async (scope) => {
      const { gateway, port, calls } = await withFailing(scope, error, '1+');
      await withClient(scope, port);
      const line = await gateway.logged(message);
      assert.match(String(line.reason), error);
      await sleep(1_500);
      const made = await calls();
      assert.ok(made >= 5 && made < 60, `${made} calls`);
      assert.is(gateway.logs.filter((each) => each.message === message).length, 1);
    }),
  );

  traced(
    `are accepted once ${error} is over`,
    scoped(async (scope) => {
      const { port } = await withFailing(scope, error, '1..5');
      const first = await withClient(scope, port);
      const answer = await readExactly(first, 3).catch(() => undefined);
      if (error !== 'EMFILE') assert.is(answer?.toString(), 'it\n'); // else the spare descriptor has refused it
      const next = await withClient(scope, port);
      assert.is((await readExactly(next, 3)).toString(), 'it\n');
    }),
  );
}

test.run();
