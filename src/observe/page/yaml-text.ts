import type { Json, JsonObject } from '../../model/config-view.js';

/** Reads like the file: block style, quotes only where YAML would read something else. */
export function formatYaml(value: JsonObject, indent = ''): string {
  return Object.entries(value)
    .map(([key, inner]) => `${indent}${scalar(key)}:${formatInner(inner, indent)}`)
    .join('');
}

function formatInner(value: Json, indent: string): string {
  if (isList(value)) {
    if (value.length === 0) return ' []\n';
    return `\n${value.map((item) => formatItem(item, `${indent}  `)).join('')}`;
  }
  if (typeof value !== 'object' || value === null) return ` ${scalar(value)}\n`;
  const text = formatYaml(value, `${indent}  `);
  return text === '' ? ' {}\n' : `\n${text}`;
}

function formatItem(value: Json, indent: string): string {
  if (isList(value) || typeof value !== 'object' || value === null) {
    return `${indent}-${formatInner(value, indent)}`;
  }
  return `${indent}- ${formatYaml(value, `${indent}  `).trimStart()}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  const bare = /^[A-Za-z0-9/._%[:][A-Za-z0-9/._%:\]@-]*$/.test(value);
  const other = /^(true|false|null|yes|no|on|off|~|[-+.]?\d[\d._e]*|.*:)$/i.test(value);
  return bare && !other && !value.startsWith('[') ? value : JSON.stringify(value);
}
