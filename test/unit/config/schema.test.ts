import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseDuration } from '../../../src/config/duration.js';
import { formats } from '../../../src/config/formats.js';
import { schema } from '../../../src/config/schema.generated.js';
import type { SchemaNode } from '../../../src/config/schema-node.js';

const test = suite('schema');

interface Key {
  readonly name: string;
  readonly required: boolean;
  readonly node: SchemaNode;
}

const keys: readonly Key[] = [
  ...keysBelow(schema, ''),
  ...Object.entries(schema.$defs ?? {}).flatMap(([name, node]) => keysBelow(node, `${name}.`)),
];

test('is a valid schema of its dialect', () => {
  assert.ok(new Ajv2020({ strict: false }).validateSchema(schema));
});

test('is in the program what it is in the file', () => {
  const file = new URL('../../../../schemas/gateway.schema.json', import.meta.url);
  assert.equal(schema, JSON.parse(readFileSync(file, 'utf8')));
});

test('describes every key in sentences', () => {
  for (const { name, node } of keys) {
    if (node.$ref !== undefined) continue;
    assert.match(node.description ?? '', /^[A-Z`].*\.$/, name);
  }
});

test('says of every key what holds without it', () => {
  for (const { name, node, required } of keys) {
    if (required || node.$ref !== undefined || node.default !== undefined) continue;
    assert.match(node.description ?? '', /Absent: .+\.$/, name);
  }
});

test('has an example for every key that holds no keys itself', () => {
  for (const { name, node } of keys) {
    if (node.$ref !== undefined || node.type === 'object') continue;
    assert.ok((node.examples?.length ?? 0) > 0, name);
  }
});

test('has defaults and examples that it accepts itself', () => {
  for (const { name, node } of keys) {
    if (node.$ref !== undefined) continue;
    const validate = validator(node);
    for (const value of [node.default, ...(node.examples ?? [])]) {
      if (value !== undefined) assert.ok(validate(value), `${name}: ${JSON.stringify(value)}`);
    }
  }
});

test('bounds every number, and every duration within what can be read', () => {
  for (const { name, node } of keys) {
    if (node.type === 'integer') assert.ok(node.minimum !== undefined && node.maximum, name);
    if (node.format !== 'go-duration') continue;
    for (const bound of [node.minDuration, node.maxDuration ?? '480h']) {
      assert.ok(bound !== undefined && parseDuration(bound).ok, name);
    }
  }
});

function keysBelow(node: SchemaNode, prefix: string): readonly Key[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, property]) => [
    { name: prefix + name, node: property, required: node.required?.includes(name) ?? false },
    ...keysBelow(property, `${prefix}${name}.`),
  ]);
}

function validator(node: SchemaNode): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false });
  for (const [name, parse] of Object.entries(formats)) {
    ajv.addFormat(name, (text: string) => parse(text).ok);
  }
  const validate = ajv.compile({ $defs: schema.$defs, ...node });
  return (value) => validate(value);
}

test.run();
