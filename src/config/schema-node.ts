/** The part of JSON Schema that the configuration's schema uses. */
export interface SchemaNode {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  /** Bounds of the format go-duration. */
  readonly minDuration?: string;
  readonly maxDuration?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly propertyNames?: SchemaNode;
  readonly additionalProperties?: SchemaNode | false;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

const resolved = new WeakMap<SchemaNode, SchemaNode>(); // asked for each endpoint of a file

/** The node itself, or the definition that it refers to with what it says beside. */
export function resolve(root: SchemaNode, node: SchemaNode): SchemaNode {
  if (node.$ref === undefined) return node;
  const known = resolved.get(node);
  if (known !== undefined) return known;
  const name = node.$ref.replace('#/$defs/', '');
  const definition = root.$defs?.[name];
  if (definition === undefined) throw new Error(`the schema has no ${node.$ref}`);
  const whole = { ...definition, ...node };
  resolved.set(node, whole);
  return whole;
}

export function isPath({ format }: SchemaNode): boolean {
  return format === 'file-path' || format === 'optional-file-path';
}
