import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { parseDuration } from './duration.js';
import { explain } from './explain.js';
import { formats, valueOf } from './formats.js';
import type { Finding, Path } from './problem.js';
import type { SchemaNode } from './schema-node.js';
import { schema } from './schema.generated.js';

/** Everything in which the value differs from the schema, in no particular order. */
export function validate(value: unknown): readonly Finding[] {
  compiled ??= compile();
  if (compiled(value)) return [];
  return (compiled.errors ?? []).filter(isCause).map((error) => toFinding(error, value));
}

let compiled: ValidateFunction | undefined; // compiling takes longer than reading most files

function compile(): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    ownProperties: true,
    verbose: true,
    validateSchema: false, // a test does
    code: { optimize: false }, // compiling is most of a command's start
    inlineRefs: false,
  });
  for (const [name, parse] of Object.entries(formats)) {
    ajv.addFormat(name, (text: string) => parse(text).ok);
  }
  addDurationBound(ajv, 'minDuration', (ms, bound) => ms >= bound);
  addDurationBound(ajv, 'maxDuration', (ms, bound) => ms <= bound);
  return ajv.compile(schema);
}

function addDurationBound(
  ajv: Ajv2020,
  keyword: keyof SchemaNode,
  holds: (ms: number, boundMs: number) => boolean,
): void {
  ajv.addKeyword({
    keyword,
    type: 'string',
    schemaType: 'string',
    compile: (bound: string) => {
      const boundMs = valueOf(parseDuration(bound));
      return (text: string) => {
        const parsed = parseDuration(text);
        return !parsed.ok || holds(parsed.value, boundMs);
      };
    },
  });
}

/** `propertyNames` wraps the errors of each name into one of its own. */
function isCause(error: ErrorObject): boolean {
  return error.propertyName === undefined || error.keyword === 'propertyNames';
}

function toFinding(error: ErrorObject, value: unknown): Finding {
  const parent = pathOf(error.instancePath, value);
  const key = keyOf(error);
  const path = key === undefined ? parent : [...parent, key];
  return {
    path,
    at: key === undefined ? 'value' : 'key',
    explain: () => explain(error, path, schema),
  };
}

/** The key that is the mistake, where it is one. */
function keyOf(error: ErrorObject): string | undefined {
  const params = error.params as Readonly<Record<string, unknown>>;
  const key = params.additionalProperty ?? params.missingProperty ?? params.propertyName;
  return typeof key === 'string' ? key : undefined;
}

/** A JSON pointer (RFC 6901) into `value`; steps into lists become numbers. */
function pathOf(pointer: string, value: unknown): Path {
  let here = value;
  return pointer
    .split('/')
    .slice(1)
    .map((step) => {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
      const index = Array.isArray(here) ? Number(key) : key;
      here = (here as Readonly<Record<string, unknown>> | undefined)?.[key];
      return index;
    });
}
