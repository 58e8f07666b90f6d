import { resolve, type SchemaNode } from '../src/config/schema-node.js';

/** The README's reference of all keys: a table for each part of the file. */
export function keyReference(schema: SchemaNode): string {
  return sections(schema)
    .map(({ title, node }) =>
      [`### ${title}`, '', node.description ?? '', '', ...table(schema, node), ''].join('\n'),
    )
    .join('\n');
}

interface Section {
  readonly title: string;
  readonly node: SchemaNode;
}

function sections(schema: SchemaNode): readonly Section[] {
  const gateway = definition(schema, 'gateway');
  const top = Object.entries(schema.properties ?? {}).filter(([key]) => key !== 'gateways');
  return [
    { title: '`gateways.NAME`', node: gateway },
    ...nested(schema, 'gateways.NAME', gateway),
    ...top.map(([key, node]) => ({ title: `\`${key}\``, node })),
  ];
}

/** Objects below a gateway; those for TLS are the same everywhere and told once. */
function nested(schema: SchemaNode, path: string, parent: SchemaNode): readonly Section[] {
  const entry = {
    title: `An object in \`${path}.endpoints\``,
    node: definition(schema, 'endpoint'),
  };
  const objects = Object.entries(parent.properties ?? {})
    .map(([key, property]) => ({ title: `\`${path}.${key}\``, node: resolve(schema, property) }))
    .filter(({ node }) => node.type === 'object');
  return [entry, ...objects, { title: '`tls`', node: definition(schema, 'tls') }];
}

function definition(schema: SchemaNode, name: string): SchemaNode {
  return resolve(schema, { $ref: `#/$defs/${name}` });
}

function table(schema: SchemaNode, node: SchemaNode): readonly string[] {
  const rows = Object.entries(node.properties ?? {}).map(([key, property]) =>
    row(key, resolve(schema, property), node.required?.includes(key) ?? false),
  );
  return ['| key | default | what |', '|---|---|---|', ...rows];
}

function row(key: string, node: SchemaNode, required: boolean): string {
  const cells = [`\`${key}\``, fallback(node, required), `${node.description ?? ''}${range(node)}`];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function fallback(node: SchemaNode, required: boolean): string {
  if (required) return 'required';
  if (node.default === undefined) return 'absent';
  if (node.type === 'object') return 'see below';
  return `\`${typeof node.default === 'string' ? node.default || '""' : JSON.stringify(node.default)}\``;
}

function range(node: SchemaNode): string {
  if (node.enum) return ` One of ${node.enum.map((word) => `\`${word}\``).join(', ')}.`;
  const low = node.minDuration ?? node.minimum;
  const high = node.maxDuration ?? node.maximum ?? (node.minDuration && '480h');
  return low === undefined || high === undefined ? '' : ` From ${low} to ${high}.`;
}
