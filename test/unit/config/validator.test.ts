import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseDuration } from '../../../src/config/duration.js';
import { valueOf } from '../../../src/config/formats.js';
import { durationBounds, formatChecks } from '../../../src/config/schema-checks.js';
import { schema } from '../../../src/config/schema.generated.js';
import { validateSchema } from '../../../src/config/validator.generated.js';

const test = suite('generated validator');

const compiled = compile();

/** Values that suit one key and not the next. */
const value = fc.oneof(
  fc.constantFrom(
    '10s',
    '0s',
    '1ns',
    '500h',
    '5',
    '0660',
    '20%',
    'off',
    'keep',
    'etcd',
    'example.com',
  ),
  fc.constantFrom('127.0.0.1:2379', '[::1]:2379', 'unix:/run/a.sock', '10.0.0.0/8', '', 'h:0'),
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    0.5,
    70_000,
    [],
    ['127.0.0.1:1'],
    {},
    'x'.repeat(300),
  ),
);

const gateway = section('gateway');
const file = fc.record(
  {
    gateways: fc.dictionary(fc.constantFrom('main', 'a b', '-'), fc.oneof(gateway, value)),
    dns: keysOf(schema.properties?.dns?.properties),
    admin: keysOf(schema.properties?.admin?.properties),
    log: keysOf(schema.properties?.log?.properties),
    unknown: value,
  },
  { requiredKeys: [] },
);

test('finds exactly what ajv finds', () => {
  const property = fc.property(file, (config) => {
    assert.equal(findings(validateSchema, config), findings(compiled, config));
  });
  fc.assert(property, { numRuns: 500 });
});

test('finds nothing in a small valid file', () => {
  const config = { gateways: { main: { 'listen-addr': ':1', endpoints: ['h:1'] } } };
  assert.ok(validateSchema(config));
});

test('takes a duration that is exactly the bound', () => {
  assert.ok(durationBounds.minDuration('10ms', 10));
  assert.not(durationBounds.minDuration('9.9ms', 10));
  assert.ok(durationBounds.maxDuration('1m', 60_000));
  assert.not(durationBounds.maxDuration('61s', 60_000));
});

test('leaves what is no duration to the format', () => {
  assert.ok(durationBounds.minDuration('soon', 10));
  assert.ok(durationBounds.maxDuration('soon', 10));
});

function section(name: string): fc.Arbitrary<object> {
  const nested = { 'health-check': 'healthCheck', rebalance: 'rebalance' };
  const inner = Object.entries(nested).map(
    ([key, definition]) => [key, keysOf(schema.$defs?.[definition]?.properties)] as const,
  );
  return fc
    .tuple(keysOf(schema.$defs?.[name]?.properties), fc.record(Object.fromEntries(inner)))
    .map(([outer, more]) => ({ ...outer, ...more }));
}

function keysOf(properties: Readonly<Record<string, unknown>> = {}): fc.Arbitrary<object> {
  return fc.dictionary(fc.constantFrom(...Object.keys(properties), 'misspelt'), value);
}

function findings(validate: ValidateFunction, config: unknown): readonly unknown[] {
  return validate(config) ? [] : (validate.errors ?? []).map(essence);
}

/** What explain.ts reads. */
function essence({ keyword, instancePath, params, data, parentSchema, propertyName }: ErrorObject) {
  const isOurs = Object.hasOwn(durationBounds, keyword);
  return { keyword, instancePath, params: isOurs || params, data, parentSchema, propertyName };
}

/** As the generator does, but compiled here and now, and with keywords that are functions. */
function compile(): ValidateFunction {
  const ajv = new Ajv2020({
    ...{ allErrors: true, allowUnionTypes: true, ownProperties: true, verbose: true },
  });
  for (const [name, check] of Object.entries(formatChecks)) ajv.addFormat(name, check);
  for (const [keyword, holds] of Object.entries(durationBounds)) {
    ajv.addKeyword({
      ...{ keyword, type: 'string', schemaType: 'string' },
      validate: (bound: string, text: string) => holds(text, valueOf(parseDuration(bound))),
    });
  }
  return ajv.compile(schema);
}

test.run();
