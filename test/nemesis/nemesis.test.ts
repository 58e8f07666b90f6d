import { randomInt } from 'node:crypto';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { commandFor, conclude } from './report.js';
import { run } from './run.js';
import { needs } from '../support/needs.js';
import { scoped } from '../support/scope.js';

const test = suite('nothing acknowledged is lost');
const register = needs(test, 'dnsmasq', 'etcd', 'etcdctl', 'python3');

/** Enough for every kind of fault; `npm run nemesis` goes on for as long as is wanted. */
const lastsMs = 120_000;

register(
  'writes, watches, leases and registers survive what happens to members, gateway, file and DNS',
  scoped(
    async (scope) => {
      const options = { seed: randomInt(2 ** 31), members: 3, lastsMs };
      console.log(commandFor(options));
      const result = await run(scope, options);
      assert.is(await conclude(result), '');
      const kinds = new Set(result.nemesis.deeds.map(({ fault }) => fault.kind));
      assert.ok(kinds.size >= 6, `only these faults happened: ${[...kinds].join(', ')}`);
    },
    { timeoutMs: 260_000 },
  ),
);

test.run();
