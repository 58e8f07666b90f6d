import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';

import { parseConfig } from '../../../src/config/parse.js';

const test = suite('positions of mistakes');

interface Mistake {
  readonly path: string;
  readonly marker: string;
  /** Puts `marker` into the right file's values. */
  readonly inject: (file: RightFile, gateway: string, endpoint: number) => void;
}

interface RightFile {
  gateways: Record<string, RightGateway>;
  dns: Record<string, string>;
}

interface RightGateway {
  'listen-addr': string;
  endpoints: (string | Record<string, unknown>)[];
  [key: string]: unknown;
}

const marker = 'MISTAKE';

/** Where a marker of the text is told to be, for each of the places where one may stand. */
const mistakes: readonly Mistake[] = [
  {
    marker,
    path: 'gateways.$G.retry-delay',
    inject: ({ gateways }, name) => Object.assign(gateways[name] ?? {}, { 'retry-delay': marker }),
  },
  {
    marker,
    path: 'gateways.$G.MISTAKE',
    inject: ({ gateways }, name) => Object.assign(gateways[name] ?? {}, { [marker]: 1 }),
  },
  {
    marker,
    path: 'gateways.$G.endpoints[$E]',
    inject: ({ gateways }, name, at) => gateways[name]?.endpoints.splice(at, 1, marker),
  },
  {
    marker,
    path: 'gateways.$G.endpoints[$E].weight',
    inject: ({ gateways }, name, at) =>
      gateways[name]?.endpoints.splice(at, 1, { addr: 'x:1', weight: marker }),
  },
  { marker, path: 'dns.timeout', inject: ({ dns }) => Object.assign(dns, { timeout: marker }) },
];

const size = fc.record({
  gateways: fc.integer({ min: 1, max: 5 }),
  endpoints: fc.integer({ min: 1, max: 5 }),
  chosen: fc.nat(),
  mistake: fc.constantFrom(...mistakes),
  flow: fc.boolean(),
  indent: fc.integer({ min: 1, max: 6 }),
});

test('points at the very place of a mistake, in block and flow style', () => {
  fc.assert(
    fc.property(size, ({ gateways, endpoints, chosen, mistake, flow, indent }) => {
      const file = rightFile(gateways, endpoints);
      const [name, at] = [`g${chosen % gateways}`, chosen % endpoints];
      mistake.inject(file, name, at);
      const text = stringify(file, { indent, collectionStyle: flow ? 'flow' : 'any' });
      const path = mistake.path.replace('$G', name).replace('$E', String(at));
      assert.equal(told(text), [{ ...placeOf(text, mistake.marker), path }]);
    }),
  );
});

test('accepts the same files without the mistake', () => {
  fc.assert(
    fc.property(size, ({ gateways, endpoints, indent }) => {
      assert.equal(told(stringify(rightFile(gateways, endpoints), { indent })), []);
    }),
  );
});

function rightFile(gateways: number, endpoints: number): RightFile {
  const names = Array.from({ length: gateways }, (_, at) => `g${at}`);
  const entry = (name: string, at: number): RightGateway => ({
    'listen-addr': `127.0.0.1:${1000 + at}`,
    endpoints: Array.from({ length: endpoints }, (_, index) => `${name}-${index}:2379`),
  });
  return {
    gateways: Object.fromEntries(names.map((name, at) => [name, entry(name, at)])),
    dns: { 'min-ttl': '2s' },
  };
}

function told(text: string): readonly unknown[] {
  const parsed = parseConfig(Buffer.from(text), 'f');
  if (parsed.kind === 'config') return [];
  return parsed.problems.map(({ line, column, path }) => ({ line, column, path }));
}

function placeOf(text: string, part: string): { line: number; column: number } {
  const lines = text.slice(0, text.indexOf(part)).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

test.run();
