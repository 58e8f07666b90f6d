import { _, Ajv2020, Name, type KeywordCxt } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';

import { parseDuration } from '../src/config/duration.js';
import { valueOf } from '../src/config/formats.js';
import { durationBounds, formatChecks } from '../src/config/schema-checks.js';
import type { SchemaNode } from '../src/config/schema-node.js';

/**
 * The text of `src/config/validator.generated.ts`: what ajv makes of the schema, written down, so
 * that a start neither loads ajv's compiler nor waits for it.
 */
export function validatorModule(schema: SchemaNode): string {
  const ajv = createAjv();
  const code = standalone.default(ajv, ajv.compile(schema));
  const { imports, body } = importRuntime(referToSchema(code, schema));
  return [
    '// Generated from schemas/gateway.schema.json by scripts/generate.ts; edit there.',
    '// @ts-nocheck: ajv writes JavaScript',
    "import type { ValidateFunction } from 'ajv';",
    ...imports,
    '',
    "import { durationBounds, formatChecks } from './schema-checks.js';",
    "import { schema } from './schema.generated.js';",
    '',
    body.replace(entry, 'export const validateSchema: ValidateFunction = $1;\n'),
  ].join('\n');
}

/** How ajv begins: the module's exports. */
const entry = /^"use strict";\s*export const validate = (\w+);\s*export default \1;$/m;

function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    ownProperties: true,
    verbose: true,
    messages: false, // explain.ts has its own
    validateSchema: false, // a test does
    inlineRefs: false,
    code: { source: true, esm: true, lines: true, formats: _`formatChecks` },
  });
  for (const [name, check] of Object.entries(formatChecks)) ajv.addFormat(name, check);
  Object.keys(durationBounds).forEach((keyword) => addDurationBound(ajv, keyword));
  return ajv;
}

function addDurationBound(ajv: Ajv2020, keyword: string): void {
  const check = _`durationBounds.${new Name(keyword)}`;
  ajv.addKeyword({
    keyword,
    type: 'string',
    schemaType: 'string',
    code: (context: KeywordCxt) => {
      const boundMs = valueOf(parseDuration(context.schema as string));
      context.pass(_`${check}(${context.data}, ${boundMs})`);
    },
  });
}

/** ajv repeats the schema and its definitions; the one that is there already will do. */
function referToSchema(code: string, schema: SchemaNode): string {
  const known = new Map([[JSON.stringify(schema), 'schema']]);
  for (const [name, definition] of Object.entries(schema.$defs ?? {})) {
    known.set(JSON.stringify(definition), `schema.$defs.${name}`);
  }
  return code.replace(/^(const schema\d+ = )(\{.*\});$/gm, (_line, start: string, json: string) => {
    const place = known.get(json);
    if (place === undefined) throw new Error(`ajv refers to what is no definition: ${json}`);
    return `${start}${place};`;
  });
}

/** ajv requires its run-time helpers where it uses them, which a module cannot. */
function importRuntime(code: string): { readonly imports: readonly string[]; body: string } {
  const imports = new Set<string>();
  const call = /require\("(ajv\/dist\/runtime\/(\w+))"\)/g;
  for (const [, path, name] of code.matchAll(call)) {
    imports.add(`import ${name} = require('${path}.js');`);
  }
  return { imports: [...imports], body: code.replace(call, '$2') };
}
