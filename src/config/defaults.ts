import { resolve, type SchemaNode } from './schema-node.js';

/** A copy of a valid value in which each absent key that has a default is filled in. */
export function fillDefaults(root: SchemaNode, node: SchemaNode, value: unknown): unknown {
  const schema = resolve(root, node);
  const { items } = schema;
  if (Array.isArray(value) && items) {
    return value.map((item: unknown) => fillDefaults(root, items, item));
  }
  return isRecord(value) ? fillObject(root, schema, value) : value;
}

function fillObject(
  root: SchemaNode,
  schema: SchemaNode,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const filled: Record<string, unknown> = {}; // keys are checked before: none is __proto__
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const written = value[key] ?? resolve(root, property).default;
    if (written !== undefined) filled[key] = fillDefaults(root, property, written);
  }
  if (schema.additionalProperties) {
    for (const [key, entry] of Object.entries(value)) {
      filled[key] = fillDefaults(root, schema.additionalProperties, entry);
    }
  }
  return filled;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
