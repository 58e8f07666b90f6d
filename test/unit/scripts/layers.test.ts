import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Import } from '../../../scripts/layers/imports.js';
import { importsOf } from '../../../scripts/layers/imports.js';
import { findViolations } from '../../../scripts/layers/violations.js';

const test = suite('dependency rule');

function edge(file: string, target: string): Import {
  return { file, line: 3, specifier: './x.js', target };
}

function dependency(file: string, specifier: string): Import {
  return { file, line: 3, specifier, target: undefined };
}

test('lets data flow from left to right', () => {
  const imports = [
    edge('src/sources/srv.ts', 'src/dns/client.ts'),
    edge('src/proxy/session.ts', 'src/pool/pool.ts'),
    edge('src/gateway.ts', 'src/observe/log/log.ts'),
    edge('src/cli/start.ts', 'src/gateway.ts'),
    edge('src/pool/pool.ts', 'src/model/endpoint.ts'),
  ];
  assert.equal(findViolations(imports), []);
});

test('bans the way back, and says where and why', () => {
  const [violation] = findViolations([edge('src/proxy/session.ts', 'src/config/parse.ts')]);
  assert.is(
    violation,
    'src/proxy/session.ts:3: proxy -> config: ' +
      'the data path reads a picker; it never waits for configuration or a reconcile run',
  );
});

test('lets nothing of src import tests or scripts', () => {
  assert.is(findViolations([edge('src/pool/pool.ts', 'test/support/until.ts')]).length, 1);
});

test('keeps each package behind its fence, also its subpaths', () => {
  assert.equal(findViolations([dependency('src/config/validate.ts', 'ajv/dist/2020.js')]), []);
  assert.is(findViolations([dependency('src/pool/pool.ts', 'ajv/dist/2020.js')]).length, 1);
  assert.is(findViolations([dependency('src/pool/pool.ts', 'left-pad')]).length, 1);
});

test('wants parts of Node by their full name', () => {
  assert.equal(findViolations([dependency('src/pool/pool.ts', 'node:net')]), []);
  assert.is(findViolations([dependency('src/pool/pool.ts', 'net')]).length, 1);
});

test('finds a cycle within a layer', () => {
  const cycle = [
    edge('src/pool/a.ts', 'src/pool/b.ts'),
    edge('src/pool/b.ts', 'src/pool/c.ts'),
    edge('src/pool/c.ts', 'src/pool/b.ts'),
  ];
  assert.equal(findViolations(cycle), [
    'src/pool/b.ts:1: src/pool/b.ts -> src/pool/c.ts -> src/pool/b.ts: ' +
      'a cycle has no order in which to read it',
  ]);
});

test('reads imports with their lines', () => {
  const imports = importsOf('scripts/layers/violations.ts');
  assert.equal(
    imports.map(({ line, target }) => ({ line, target })),
    [
      { line: 1, target: undefined },
      { line: 3, target: 'scripts/layers/imports.ts' },
      { line: 4, target: 'scripts/layers/rules.ts' },
    ],
  );
});

test.run();
