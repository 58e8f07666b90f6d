import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { compile } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';

import { keyReference } from './key-reference.js';
import { completions } from './package/completions.js';
import { manPage } from './package/man-page.js';
import { validatorModule } from './validator-module.js';
import type { SchemaNode } from '../src/config/schema-node.js';

/**
 * Writes what follows from `schemas/gateway.schema.json`: the types, the schema as a
 * constant and its validator in `src`, and the key reference in the README; the version out of
 * `package.json`; and the man page and the shells' completions out of the table behind `--help`.
 * With `--check` nothing is written, and exit code 1 tells that something has drifted.
 */
const root = new URL('../../', import.meta.url); // of the project, seen from dist/scripts
const marks = { start: '<!-- reference:start -->', end: '<!-- reference:end -->' };

async function main(check: boolean): Promise<number> {
  const schema = JSON.parse(await read('schemas/gateway.schema.json')) as SchemaNode;
  const outputs = [
    { path: 'src/config/schema.generated.ts', text: await schemaModule(schema) },
    { path: 'src/config/validator.generated.ts', text: validatorModule(schema) },
    { path: 'src/model/version.generated.ts', text: await versionModule() },
    { path: 'README.md', text: await readme(schema) },
  ];
  const finished = await Promise.all(
    outputs.map(async ({ path, text }) => ({ path, text: await pretty(path, text) })),
  );
  const drifted: string[] = [];
  for (const { path, text } of [...finished, ...shellFiles(await packageVersion())]) {
    if ((await readIfThere(path)) === text) continue;
    drifted.push(path);
    if (!check) await writeFile(new URL(path, root), text);
  }
  for (const path of drifted) console.log(check ? `${path} is out of date` : `wrote ${path}`);
  if (check && drifted.length > 0) console.log('run: node dist/scripts/generate.js');
  return check && drifted.length > 0 ? 1 : 0;
}

async function schemaModule(schema: SchemaNode): Promise<string> {
  const types = await compile(withRequiredDefaults(schema), 'GatewayFile', {
    bannerComment: '',
    ignoreMinAndMaxItems: true,
    format: false,
  });
  return [
    '// Generated from schemas/gateway.schema.json by scripts/generate.ts; edit there.',
    "import type { SchemaNode } from './schema-node.js';",
    '',
    types.trim(),
    '',
    '/** The whole of schemas/gateway.schema.json. */',
    `export const schema: SchemaNode = ${JSON.stringify(schema, null, 2)};`,
    '',
  ].join('\n');
}

/** The types are of a file with its defaults filled in: every key with a default is there. */
function withRequiredDefaults(schema: SchemaNode): object {
  const copy = structuredClone(schema);
  eachObject(copy, (node) => {
    const withDefault = Object.entries(node.properties ?? {})
      .filter(([, property]) => property.default !== undefined)
      .map(([key]) => key);
    if (withDefault.length > 0) {
      Object.assign(node, { required: [...(node.required ?? []), ...withDefault] });
    }
  });
  return copy;
}

function eachObject(value: unknown, visit: (node: SchemaNode) => void): void {
  if (typeof value !== 'object' || value === null) return;
  visit(value);
  for (const part of Object.values(value)) eachObject(part, visit);
}

async function versionModule(): Promise<string> {
  const version = await packageVersion();
  return [
    '// Generated from package.json by scripts/generate.ts; edit there.',
    `export const version = '${version}';`,
    '',
  ].join('\n');
}

async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await read('package.json')) as { readonly version: string };
  return version;
}

/** Said by the table that --help is made of. */
function shellFiles(version: string): readonly { readonly path: string; readonly text: string }[] {
  const scripts = [...completions()].map(([name, text]) => ({
    path: `config/completions/${name}`,
    text,
  }));
  return [...scripts, { path: 'config/man/etcd-gateway.1', text: manPage(version) }];
}

async function readme(schema: SchemaNode): Promise<string> {
  const text = await readIfThere('README.md');
  const start = text.indexOf(marks.start);
  const end = text.indexOf(marks.end);
  if (start === -1 || end < start) throw new Error(`README.md lacks ${marks.start}, ${marks.end}`);
  const before = text.slice(0, start + marks.start.length);
  return `${before}\n\n${keyReference(schema)}\n${text.slice(end)}`;
}

async function pretty(path: string, text: string): Promise<string> {
  const filepath = fileURLToPath(new URL(path, root));
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

function read(path: string): Promise<string> {
  return readFile(new URL(path, root), 'utf8');
}

async function readIfThere(path: string): Promise<string> {
  return existsSync(new URL(path, root)) ? read(path) : '';
}

process.exitCode = await main(process.argv.includes('--check'));
