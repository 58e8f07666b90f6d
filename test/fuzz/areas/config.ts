import { readFile } from 'node:fs/promises';

import fc from 'fast-check';
import * as assert from 'uvu/assert';

import { describeConfig } from '../../../src/cli/describe-config.js';
import { parseConfig } from '../../../src/config/parse.js';
import { formatProblem } from '../../../src/model/problem.js';
import { viewConfig } from '../../../src/model/config-view.js';
import type { FuzzArea } from '../area.js';
import { assertCleanLine } from '../clean.js';

const mostProblems = 20;

/** The configuration file: any bytes give a configuration or readable problems, never a throw. */
export async function openConfig(): Promise<FuzzArea> {
  const schema = await readFile('schemas/gateway.schema.json', 'utf8');
  const example = await readFile('gateway.example.yaml');
  const keys = [
    ...new Set([...schema.matchAll(/"([a-z][a-z-]+)": \{/g)].map(([, key = '']) => key)),
  ];
  return {
    inputs: fc.oneof(soup(keys), structures(keys), fc.constant(example)),
    check: checkFile,
  };
}

function checkFile(bytes: Buffer): void {
  const parsed = parseConfig(bytes, 'f');
  if (parsed.kind === 'config') {
    for (const line of describeConfig(parsed.config)) assertCleanLine(line, 1_000_000);
    JSON.stringify(viewConfig(parsed.config));
    return;
  }
  const { problems, text } = parsed;
  assert.ok(problems.length > 0 && problems.length <= mostProblems);
  const lines = text.split('\n').length;
  for (const problem of problems) {
    assertCleanLine(formatProblem('f', problem));
    assert.ok(problem.line >= 1 && problem.line <= lines && problem.column >= 1);
  }
}

const signs = [': ', '- ', '\n', '\n  ', '\n    ', ' ', '[', ']', '{', '}', ',', '"', "'"];
const marks = ['&a ', '*a', '<<', '|', '>', '? ', '#', '!!', '!a', '%YAML 1.1\n', '---\n', '...\n'];
const values = ['127.0.0.1:1', '[::1]:2', ':0', 'unix:/x', '1m', '-1s', '0x1', '1e999', 'NaN', '~'];
const unseen = [
  '\t',
  '\u0000',
  '\u001b[2J',
  '\u009b',
  '\u202e',
  '\ufeff',
  '\u2028',
  '\ud800',
  '😀',
];
const names = ['__proto__', 'constructor', 'toString', 'main'];

/** Pieces of YAML and of our own words, in any order. */
function soup(keys: readonly string[]): fc.Arbitrary<Uint8Array> {
  const word = fc.constantFrom(...signs, ...marks, ...values, ...unseen, ...names);
  const piece = fc.oneof({ arbitrary: word, weight: 3 }, fc.constantFrom(...keys));
  return fc.array(piece, { maxLength: 80 }).map((pieces) => Buffer.from(pieces.join('')));
}

/** Our own keys with values of any kind, inside of a file that would be right without them. */
function structures(keys: readonly string[]): fc.Arbitrary<Uint8Array> {
  const value = fc.oneof(
    fc.constantFrom(...values, ...unseen, ...names),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'binary' }),
  );
  const key = fc.oneof({ arbitrary: fc.constantFrom(...keys), weight: 9 }, fc.string());
  const wild = fc.object({ key, values: [value], maxDepth: 3, maxKeys: 6 });
  return fc.tuple(wild, wild).map(([top, inner]) => {
    const main = { 'listen-addr': '127.0.0.1:1', endpoints: ['h:1'], ...inner };
    return Buffer.from(JSON.stringify({ gateways: { main }, ...top }));
  });
}
