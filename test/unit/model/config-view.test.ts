import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseConfig } from '../../../src/config/parse.js';
import { viewConfig } from '../../../src/model/config-view.js';
import { config } from '../../support/admin-backend.js';

const test = suite('view of the configuration');

test('speaks in the words of the file', () => {
  const { gateways, admin, dns } = viewConfig(config) as Record<string, Record<string, unknown>>;
  assert.equal(admin, { 'listen-addr': '127.0.0.1:23791' });
  assert.is(dns?.['max-ttl'], '1h0m0s');
  const main = gateways?.main as Record<string, unknown>;
  assert.equal(main['listen-addr'], ['127.0.0.1:23790']);
  assert.is(main['listen-mode'], '0660');
  assert.is(main['idle-timeout'], '0s');
  assert.equal(main.rebalance, { tolerance: '20%', 'quiet-for': '5s', 'max-per-second': 1 });
  assert.equal(main.endpoints, [
    { addr: '10.0.0.1:2379', weight: 1, priority: 0, 'max-sessions': 0, drain: false },
  ]);
});

test('says off where the admin server is', () => {
  const { admin } = viewConfig({ ...config, admin: { ...config.admin, listen: undefined } });
  assert.equal(admin, { 'listen-addr': 'off' });
});

test('writes the settings of a discovery as the file does', () => {
  const [main] = config.gateways;
  if (!main) throw new Error('the fixture has no gateway');
  const srvDiscovery = {
    domain: 'example.com',
    serviceName: 'prod',
    insecure: true,
    trustedCaFile: undefined,
  };
  const { gateways } = viewConfig({ ...config, gateways: [{ ...main, srvDiscovery }] });
  const shown = (gateways as Record<string, Record<string, unknown>>).main;
  assert.is(shown?.['discovery-srv'], 'example.com');
  assert.is(shown?.['discovery-srv-name'], 'prod');
  assert.is(shown?.['insecure-discovery'], true);
  assert.not('srv-discovery' in (shown ?? {}));
});

test('is a configuration itself, the same one', async () => {
  const first = parseConfig(await readFile('gateway.example.yaml'), 'example');
  if (first.kind !== 'config') throw new Error('the example is invalid');
  const text = JSON.stringify(viewConfig(first.config));
  const second = parseConfig(Buffer.from(text), 'view');
  assert.equal(second.kind === 'config' ? second.config : second.problems, first.config);
});

test.run();
