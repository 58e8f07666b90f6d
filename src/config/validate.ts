import type { ErrorObject } from 'ajv';

import { explain } from './explain.js';
import type { Finding, Path } from './problem.js';
import { schema } from './schema.generated.js';
import { validateSchema } from './validator.generated.js';

/** Everything in which the value differs from the schema, in no particular order. */
export function validate(value: unknown): readonly Finding[] {
  if (validateSchema(value)) return [];
  return (validateSchema.errors ?? []).filter(isCause).map((error) => toFinding(error, value));
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
    isUnknownKey: error.keyword === 'additionalProperties',
    ...(error.keyword === 'required' && { lacksIn: parent }),
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
