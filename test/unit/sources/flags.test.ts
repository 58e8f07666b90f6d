import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Config } from '../../../src/model/config.js';
import { FlagsSource } from '../../../src/sources/flags.js';

const test = suite('sources: flags');

const config: Config = {
  gateways: [],
  dns: { servers: [], timeoutMs: 2_000, minTtlMs: 5_000, maxTtlMs: 3_600_000, holdMs: 0 },
  reload: { watch: true, quietPeriodMs: 100 },
  shutdown: { drainTimeoutMs: 30_000 },
  log: { level: 'info', format: 'auto' },
  admin: { listen: undefined, explicit: false, tokenFile: undefined },
};

test('is what the command line said, however often it is asked', async () => {
  const source = new FlagsSource(config);
  const first = source.latest();
  await source.refresh();
  assert.is(source.latest(), first);
  assert.equal(first, { kind: 'config', config, hash: 'flags' });
  assert.is(source.name, 'flags');
  await source.close();
});

test.run();
