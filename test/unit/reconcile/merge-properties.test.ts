import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { DesiredState } from '../../../src/model/desired-state.js';
import { endpointKey, type Endpoint } from '../../../src/model/endpoint.js';
import { diff, isEmpty } from '../../../src/reconcile/diff.js';
import { merge } from '../../../src/reconcile/merge.js';
import {
  configOf,
  desiredGateway,
  desiredState,
  endpointAt,
  gatewayConfig,
} from '../../support/desired.js';

const test = suite('merge, whatever is written, discovered and running');

const srvDiscovery = {
  ...{ domain: 'example.com', serviceName: '', insecure: false, trustedCaFile: undefined },
};

const someEndpoints: fc.Arbitrary<readonly Endpoint[]> = fc.array(
  fc
    .tuple(fc.constantFrom('a:1', 'b:1', 'c:1', 'd:1'), fc.integer({ min: 0, max: 3 }))
    .map(([address, weight]) => endpointAt(address, { weight })),
  { maxLength: 6 },
);

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const world = fc.record({
  discovers: fc.boolean(),
  written: someEndpoints,
  answered: maybe(someEndpoints),
  running: maybe(someEndpoints),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function merged({ discovers, written, answered, running }: World): DesiredState {
  const gateway = gatewayConfig({
    endpoints: written,
    srvDiscovery: discovers ? srvDiscovery : undefined,
  });
  const current = running && desiredState(desiredGateway({ endpoints: running }));
  return merge(configOf(gateway), () => answered && { endpoints: answered }, current);
}

function keysOf(endpoints: readonly Endpoint[] | undefined): string[] {
  return (endpoints ?? []).map(endpointKey);
}

function endpointsOf(state: DesiredState): readonly Endpoint[] {
  return state.gateways.get('main')?.endpoints ?? [];
}

test('uses no address that nobody wrote, discovered or ran on', () => {
  fc.assert(
    fc.property(world, (all) => {
      const known = new Set([all.written, all.answered, all.running].flatMap(keysOf));
      for (const key of keysOf(endpointsOf(merged(all)))) assert.ok(known.has(key), key);
    }),
  );
});

test('lists each address once, with what its source said first', () => {
  fc.assert(
    fc.property(world, (all) => {
      const endpoints = endpointsOf(merged(all));
      assert.is(new Set(keysOf(endpoints)).size, endpoints.length);
      const sources = [all.written, all.answered ?? [], all.running ?? []];
      for (const endpoint of endpoints) {
        const firsts = sources.map((source) =>
          source.find((other) => endpointKey(other) === endpointKey(endpoint)),
        );
        assert.ok(firsts.includes(endpoint));
      }
    }),
  );
});

test('empties no pool because a discovery is silent', () => {
  fc.assert(
    fc.property(world, (all) => {
      const silent = { ...all, discovers: true, answered: undefined };
      const hadSome = (all.running ?? []).length > 0;
      assert.ok(!hadSome || endpointsOf(merged(silent)).length > 0);
    }),
  );
});

test('comes to the same state again, so that a second plan is empty', () => {
  fc.assert(
    fc.property(world, (all) => {
      const first = merged(all);
      const second = merged({ ...all, running: endpointsOf(first) });
      assert.ok(isEmpty(diff(first, { ...second, process: first.process })));
    }),
  );
});

test.run();
