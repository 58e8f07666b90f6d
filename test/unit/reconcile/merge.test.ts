import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { DesiredGateway } from '../../../src/model/desired-state.js';
import { formatEndpoints, type Endpoint } from '../../../src/model/endpoint.js';
import { merge } from '../../../src/reconcile/merge.js';
import {
  configOf,
  desiredGateway,
  desiredState,
  endpointAt,
  endpointsAt,
  gatewayConfig,
} from '../../support/desired.js';

const test = suite('merge');

const srvDiscovery = {
  ...{ domain: 'example.com', serviceName: '', insecure: false, trustedCaFile: undefined },
};

const memberDiscovery = {
  ...{ intervalMs: 30_000, tls: undefined, username: undefined, passwordFile: undefined },
};

interface Case {
  readonly name: string;
  readonly discovers: boolean;
  readonly written: readonly string[];
  readonly answered?: readonly string[];
  readonly running?: readonly string[];
  readonly expected: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'what is written, where nothing is discovered',
    discovers: false,
    written: ['a:1'],
    running: ['b:1'],
    expected: ['a:1'],
  },
  {
    name: 'the answer of a discovery',
    discovers: true,
    written: ['a:1'],
    answered: ['b:1'],
    expected: ['b:1'],
  },
  {
    name: 'the seeds before the first answer',
    discovers: true,
    written: ['a:1'],
    expected: ['a:1'],
  },
  {
    name: 'nothing, and no address of its own, before the first answer',
    discovers: true,
    written: [],
    expected: [],
  },
  {
    name: 'what runs, where a discovery has neither answered nor seeds',
    discovers: true,
    written: [],
    running: ['b:1'],
    expected: ['b:1'],
  },
  {
    name: 'nothing of an answer without a discovery',
    discovers: false,
    written: ['a:1'],
    answered: ['b:1'],
    expected: ['a:1'],
  },
];

for (const { name, discovers, written, answered, running, expected } of cases) {
  test(`uses ${name}`, () => {
    const config = configOf(
      gatewayConfig({
        endpoints: endpointsAt(...written),
        srvDiscovery: discovers ? srvDiscovery : undefined,
      }),
    );
    const snapshot = answered && { endpoints: endpointsAt(...answered) };
    const current = running && desiredState(desiredGateway({ endpoints: endpointsAt(...running) }));
    const merged = merge(config, () => snapshot, current);
    assert.equal(formatEndpoints(endpointsOf(merged.gateways.get('main'))), expected);
  });
}

test('keeps the first of two endpoints with one address, in order', () => {
  const endpoints = [endpointAt('b:1', { weight: 7 }), endpointAt('a:1'), endpointAt('b:1')];
  const merged = merge(configOf(gatewayConfig({ endpoints })), () => undefined, undefined);
  const kept = endpointsOf(merged.gateways.get('main'));
  assert.equal(kept, endpoints.slice(0, 2));
});

test('gives a member what is written for its address, and its share as discovered', () => {
  const seed = endpointAt('a:1', { weight: 9, priority: 5, maxSessions: 3, drain: true });
  const config = configOf(gatewayConfig({ endpoints: [seed], memberDiscovery }));
  const snapshot = { endpoints: endpointsAt('a:1', 'b:1') };
  const merged = merge(config, () => snapshot, undefined);
  const expected = [endpointAt('a:1', { maxSessions: 3, drain: true }), endpointAt('b:1')];
  assert.equal(endpointsOf(merged.gateways.get('main')), expected);
});

test('gives the targets of records nothing that is written for seeds', () => {
  const endpoints = [endpointAt('a:1', { drain: true })];
  const config = configOf(gatewayConfig({ endpoints, srvDiscovery }));
  const merged = merge(config, () => ({ endpoints: endpointsAt('a:1') }), undefined);
  assert.equal(endpointsOf(merged.gateways.get('main')), endpointsAt('a:1'));
});

test('keeps gateways apart', () => {
  const config = configOf(
    gatewayConfig({ name: 'one', srvDiscovery }),
    gatewayConfig({ name: 'other', srvDiscovery }),
  );
  const merged = merge(config, (name) => ({ endpoints: endpointsAt(`${name}:1`) }), undefined);
  assert.equal(formatEndpoints(endpointsOf(merged.gateways.get('one'))), ['one:1']);
  assert.equal(formatEndpoints(endpointsOf(merged.gateways.get('other'))), ['other:1']);
});

test('what a person drains drains, wherever it comes from, and is again what its source says after that', () => {
  const endpoints = [endpointAt('a:1'), endpointAt('b:1', { drain: true }), endpointAt('c:1')];
  const config = configOf(gatewayConfig({ endpoints }));
  const all = (_gateway: string, endpoint: string): boolean => endpoint !== 'c:1';
  const drained = merge(config, () => undefined, undefined, all);
  assert.equal(endpointsOf(drained.gateways.get('main')), [
    endpointAt('a:1', { drain: true, byHand: true }),
    ...endpoints.slice(1),
  ]);
  const silent = configOf(gatewayConfig({ endpoints: [], srvDiscovery }));
  for (const isDrained of [true, false]) {
    const merged = merge(
      silent,
      () => undefined,
      drained,
      () => isDrained,
    );
    const [first, ...others] = endpointsOf(merged.gateways.get('main'));
    assert.equal(first, endpointAt('a:1', isDrained ? { drain: true, byHand: true } : {}));
    assert.is(others[0]?.drain, true);
    assert.is(others[0]?.byHand, undefined);
  }
});

test('gives a frozen state', () => {
  const merged = merge(configOf(gatewayConfig()), () => undefined, undefined);
  assert.ok(Object.isFrozen(merged) && Object.isFrozen(merged.process));
  assert.ok(Object.isFrozen(merged.gateways.get('main')?.endpoints));
});

function endpointsOf(gateway: DesiredGateway | undefined): readonly Endpoint[] {
  return gateway?.endpoints ?? [];
}

test.run();
