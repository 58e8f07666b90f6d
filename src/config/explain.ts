import type { ErrorObject } from 'ajv';

import { apart } from '../model/address.js';
import { quote } from '../model/quote.js';
import { variableIn } from '../model/variables.js';
import { formats, meansOff, type FormatName } from './formats.js';
import { nearest } from './nearest.js';
import type { Explanation, Path } from './problem.js';
import { isPath, resolve, type SchemaNode } from './schema-node.js';

/** An error of ajv, with `verbose`, in a person's words. */
export function explain(error: ErrorObject, path: Path, root: SchemaNode): Explanation {
  const schema = (error.parentSchema ?? {}) as SchemaNode;
  const data: unknown = error.data;
  const isKey = error.keyword === 'additionalProperties' || error.keyword === 'propertyNames';
  const text = String(isKey ? path.at(-1) : typeof data === 'string' ? data : '');
  const variable = text === '$schema' ? undefined : variableIn(text);
  if (variable) return shown(variable);
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(path, schema, root);
    case 'required':
      return { what: 'the key is missing', hint: missingHint(path) };
    case 'type':
      return wrongType(data, schema, path, root);
    case 'format':
      return wrongFormat(data, schema);
    case 'enum':
      return {
        what: `${describe(data)} is not known here`,
        hint: `write ${oneOf(schema.enum ?? [])}`,
      };
    case 'propertyNames':
      return {
        what: 'the name cannot be used',
        hint: 'letters, digits, ".", "_" and "-", at most 63, a letter or digit first',
      };
    default:
      return outOfBounds(error.keyword, data, schema);
  }
}

function unknownKey(path: Path, schema: SchemaNode, root: SchemaNode): Explanation {
  const key = String(path.at(-1));
  const known = Object.keys(schema.properties ?? {});
  const similar = nearest(key, known);
  const what = 'unknown key';
  if (key === '$schema')
    return { what, hint: 'remove it: # yaml-language-server: $schema=… works' };
  if (key === '<<') return { what, hint: 'merge keys are not taken: write the keys themselves' };
  if (path.length === 1 && Object.hasOwn(root.$defs?.gateway?.properties ?? {}, key)) {
    return { what, hint: `write it under gateways, as gateways: { main: { ${key}: … } }` };
  }
  if (similar !== undefined) return { what, hint: `did you mean ${similar}?` };
  return { what, hint: knownHint(known) };
}

function knownHint(known: readonly string[]): string {
  return known.length > 8 ? 'see etcd-gateway schema' : `known here: ${known.join(', ')}`;
}

function missingHint(path: Path): string {
  switch (path.at(-1)) {
    case 'gateways':
      return 'write gateways: { main: { listen-addr: …, endpoints: […] } }';
    case 'listen-addr':
      return 'write listen-addr: 127.0.0.1:23790';
    case 'addr':
      return 'write addr: host:port';
    default:
      return `write ${String(path.at(-1))}: …`;
  }
}

function wrongType(data: unknown, schema: SchemaNode, path: Path, root: SchemaNode): Explanation {
  if (path.length === 0) {
    const what = data === null ? 'the file is empty' : 'the file is no mapping of keys to values';
    return { what, hint: 'begin with gateways:' };
  }
  const wanted = expected(schema);
  if (data === null)
    return { what: 'the value is missing', hint: `write ${wanted}, or remove the key` };
  if (schema.format === 'go-duration' && typeof data === 'number' && data >= 0) {
    return { what: `${data} has no unit`, hint: `write ${data}s` };
  }
  const [noun = wanted] = wanted.split(', as '); // the example belongs into the hint
  if (schema.type === 'object') return noMapping(data, schema, path, root);
  if (schema.type === 'array') return noList(data, schema, root);
  const shownAs = isPath(schema) ? kindOf(data) : describe(data); // in place of a path it may be a secret
  return { what: `${shownAs} is not ${noun}`, hint: typeHint(data, schema, wanted) };
}

function typeHint(data: unknown, schema: SchemaNode, wanted: string): string {
  if (schema.format === 'file-mode') return 'write it in quotes, as "0660"';
  if (schema.format === 'admin-address' && data === false) return 'write off';
  if (schema.format === 'go-duration' && mayBeZero(schema) && data === false) return 'write 0s';
  if (schema.format?.endsWith('-address') && typeof data === 'number') {
    const parsed = formats[schema.format as FormatName](String(data));
    if (!parsed.ok) return parsed.hint;
  }
  if (schema.type === 'boolean') return `write ${booleanMeant(data)}`;
  if (schema.type === 'integer' && typeof data === 'string' && /^\d+$/.test(data)) {
    return `write ${data}, without quotes`;
  }
  if (schema.format === 'percentage' && typeof data === 'number') return `write ${data}%`;
  return `write ${wanted}`;
}

const mostInHint = 5;

/** A text where a list belongs: often entries that are parted as a flag's are. Others are not shown. */
function noList(data: unknown, { items = {} }: SchemaNode, root: SchemaNode): Explanation {
  const format = formats[resolve(root, items).format as FormatName];
  const entries = typeof data === 'string' ? entriesIn(data, format) : [];
  if (entries.length === 0)
    return { what: `${kindOf(data)} is not a list`, hint: 'write a list, as [a, b]' };
  const more = entries.length > mostInHint ? ', …' : '';
  return {
    what: `${describe(data)} is not a list`,
    hint: `write [${entries.slice(0, mostInHint).map(quote).join(', ')}${more}]`,
  };
}

/** Empty if one of them is none. */
function entriesIn(text: string, format: (text: string) => { ok: boolean }): readonly string[] {
  if (format(text).ok) return [text];
  const entries = text.split(/[\s,;]+/).flatMap((one) => (format(one).ok ? [one] : apart(one)));
  return entries.every((one) => format(one).ok) ? entries : [];
}

/** A single value where keys belong: for which of them it was meant. Others are not shown. */
function noMapping(data: unknown, schema: SchemaNode, path: Path, root: SchemaNode): Explanation {
  const keys = schema.required ? [] : Object.entries(schema.properties ?? {});
  const text = typeof data === 'object' ? '' : `${data as string | number | boolean}`;
  const is = `is not ${expected(schema)}`;
  for (const [at, [key, property]] of keys.entries()) {
    const node = resolve(root, property);
    const value = valueMeant(text, node, root);
    // what turns the whole on and off comes first
    if (value === undefined || (node.type === 'boolean' && at > 0)) continue;
    return {
      what: `${describe(data)} ${is}`,
      hint: `write ${String(path.at(-1))}: { ${key}: ${value} }`,
    };
  }
  const isOff = keys.length > 0 && meansOff(text);
  const hint = isOff ? 'leave the key out' : `write its keys below it${keysBelow(schema)}`;
  return { what: `${isOff ? describe(data) : kindOf(data)} ${is}`, hint };
}

function valueMeant(text: string, schema: SchemaNode, root: SchemaNode): string | undefined {
  if (schema.type === 'boolean') return booleansMeant.get(booleanMeant(text));
  if (schema.type === 'array') {
    const entry = schema.items && valueMeant(text, resolve(root, schema.items), root);
    return entry && `[${entry}]`;
  }
  if (meansOff(text)) {
    if (schema.format === 'admin-address') return 'off';
    return schema.enum?.includes('none') ? 'none' : undefined;
  }
  if (schema.enum) return schema.enum.includes(text) ? text : undefined;
  return tellingFormats.has(schema.format) && formats[schema.format as FormatName](text).ok
    ? text
    : undefined;
}

const booleansMeant = new Map([
  ['true', 'true'],
  ['false', 'false'],
]);

/** Those that do not take any word. */
const tellingFormats: ReadonlySet<string | undefined> = new Set<FormatName>([
  'go-duration',
  'admin-address',
  'endpoint-address',
  'listen-address',
  'dns-server',
  'percentage',
]);

/** What YAML 1.1 took for true and false. */
function booleanMeant(data: unknown): string {
  if (/^(y|yes|on|1|true)$/i.test(String(data))) return 'true';
  return /^(n|0)$/i.test(String(data)) || meansOff(String(data)) ? 'false' : 'true or false';
}

function keysBelow({ properties = {} }: SchemaNode): string {
  const [first] = Object.keys(properties);
  return first === undefined ? ', as KEY: VALUE' : `, as ${first}: …`;
}

/** What belongs into the place, with an article. */
function expected(schema: SchemaNode): string {
  if (schema.enum) return oneOf(schema.enum);
  if (schema.format !== undefined) return nouns[schema.format as FormatName];
  const type = typeof schema.type === 'string' ? schema.type : '';
  return typeNouns[type] ?? 'a value';
}

const nouns: Readonly<Record<FormatName, string>> = {
  'go-duration': 'a duration, as 10s',
  'listen-address': 'an address, as 127.0.0.1:23790',
  'endpoint-address': 'an address, as host:2379',
  'admin-address': 'an address, as 127.0.0.1:23791, or off',
  'dns-server': 'an IP address and port, as 10.0.0.53:53',
  cidr: 'a CIDR block, as 10.0.0.0/8',
  'file-mode': 'a file mode, as "0660"',
  percentage: 'a percentage, as 20%',
  domain: 'a domain, as example.com',
  'service-name': 'a text',
  'host-name': 'a host name',
  'file-path': 'a path',
  'optional-file-path': 'a path',
};

const typeNouns: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  integer: 'a whole number, as 1',
  number: 'a number, as 1',
  string: 'a text',
  array: 'a list',
  object: 'a mapping of keys to values',
};

/** The value, where it is none that may be a secret. */
function describe(data: unknown): string {
  if (typeof data === 'string') return quote(data);
  return typeof data === 'number' || typeof data === 'boolean' ? String(data) : kindOf(data);
}

function kindOf(data: unknown): string {
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'boolean') return String(data);
  return kinds[typeof data] ?? 'a mapping';
}

const kinds: Readonly<Record<string, string>> = { string: 'a text', number: 'a number' };

function wrongFormat(data: unknown, schema: SchemaNode): Explanation {
  const text = typeof data === 'string' ? data : '';
  if (schema.format === 'go-duration' && mayBeZero(schema) && meansOff(text)) {
    return { what: `${quote(text)} is not a duration`, hint: 'write 0s' };
  }
  const parsed = formats[schema.format as FormatName](text);
  return parsed.ok ? { what: 'the value is wrong', hint: '' } : shown(parsed);
}

function mayBeZero({ minDuration = '0s' }: SchemaNode): boolean {
  return minDuration === '0s';
}

function shown({ problem, hint }: { readonly problem: string; readonly hint: string }) {
  return { what: problem, hint };
}

function outOfBounds(keyword: string, data: unknown, schema: SchemaNode): Explanation {
  switch (keyword) {
    case 'minDuration':
      return atLeast(data, String(schema.minDuration));
    case 'maxDuration':
      return atMost(data, String(schema.maxDuration));
    case 'minimum':
      return atLeast(data, String(schema.minimum));
    case 'exclusiveMinimum':
      return { what: `${String(data)} is too little`, hint: 'write more than 0' };
    case 'maximum':
      return atMost(data, String(schema.maximum));
    case 'maxLength':
      return { what: 'the text is too long', hint: `at most ${schema.maxLength} characters` };
    case 'maxItems':
      return { what: 'the list is too long', hint: `at most ${schema.maxItems} entries` };
    case 'maxProperties':
      return { what: 'too many entries', hint: `at most ${schema.maxProperties}` };
    case 'minProperties': {
      const hint = 'write a gateway, as main: { listen-addr: …, endpoints: […] }';
      return { what: 'nothing is in it', hint };
    }
    default: // minItems, minLength: all are 1
      return { what: 'nothing is in it', hint: `write ${expected(schema)}` };
  }
}

function atLeast(data: unknown, bound: string): Explanation {
  return { what: `${String(data)} is too little`, hint: `write ${bound} or more` };
}

function atMost(data: unknown, bound: string): Explanation {
  return { what: `${String(data)} is too much`, hint: `write ${bound} or less` };
}

/** `a`, `a or b`, `a, b or c`. */
function oneOf(words: readonly string[]): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
