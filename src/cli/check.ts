import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

import { largestFile } from '../config/decode.js';
import { parseConfig, placeOf, type ParsedConfig } from '../config/parse.js';
import { fileProblems } from '../etcd/config-files.js';
import type { Config } from '../model/config.js';
import { errorMessage, fileReason, GatewayError } from '../model/errors.js';
import { formatPath } from '../config/problem.js';
import { formatProblem } from '../model/problem.js';
import { fileState } from '../sources/file-read.js';
import type { AdminTarget } from './admin-client.js';
import type { CheckOptions } from './arguments.js';
import { describeConfig } from './describe-config.js';
import { describeKeys } from './describe-keys.js';
import { exitCodes } from './exit-codes.js';
import { painter, plain, type Terminal } from './terminal.js';

/**
 * Validates a file as `start` would and prints what it would run. Opens nothing but the files that the
 * configuration names: those that cannot be used are warned of, or with `strict` are mistakes. With
 * `against` also tells what it would change in a running gateway; 1: that could not be asked.
 */
export async function run(
  { path, strict, against }: CheckOptions,
  terminal: Terminal,
  stdin: Readable,
): Promise<number> {
  const file = path === '-' ? '<stdin>' : path;
  let bytes: Uint8Array;
  try {
    bytes = await beginning(path === '-' ? stdin : createReadStream(path));
  } catch (error) {
    terminal.err(`${plain(`${file}: ${fileReason(error)}`)}\n`);
    return exitCodes.badConfig;
  }
  const parsed = parseConfig(bytes, file);
  if (parsed.kind !== 'config') return refuse(parsed, terminal);
  const keys = describeKeys(bytes, parsed.config);
  const lines = [...describeConfig(parsed.config), '', 'set in the file:', ...keys];
  terminal.out(`${lines.map(plain).join('\n')}\n\n`);
  const warnings = [
    ...(path === '-' ? [] : await startProblems(file)),
    ...(await namedFiles(file, bytes, parsed.config)),
  ];
  const { taken } = parsed.config.admin;
  if (taken) {
    const what = `${taken.by} has ${taken.address}: there is no admin server (write admin.listen-addr)`;
    terminal.err(`${plain(`${file}: warning: ${what}`)}\n`);
  }
  const mark = strict ? '' : 'warning: ';
  for (const { where, what } of warnings) terminal.err(`${plain(`${where}: ${mark}${what}`)}\n`);
  if (strict && warnings.length > 0) return exitCodes.badConfig;
  const isTold = !against || (await tellChanges(parsed.config, against, terminal));
  terminal.out(`${plain(file)} is valid\n`);
  return isTold ? exitCodes.ok : exitCodes.failure;
}

/** False: the gateway could not be asked, which has been said. */
async function tellChanges(
  config: Config,
  target: AdminTarget,
  terminal: Terminal,
): Promise<boolean> {
  const { compare } = await import('./check-against.js'); // few want it
  try {
    const { text, warnings } = await compare(config, target, painter(terminal));
    terminal.out(text);
    for (const warning of warnings) terminal.err(`warning: ${plain(warning)}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    terminal.err(`${plain(errorMessage(error))}\n`);
    return false;
  }
}

interface Warning {
  readonly where: string;
  readonly what: string;
}

/** A shell's `<(…)` can be read once; `start` reads its file at each reload. */
async function startProblems(file: string): Promise<readonly Warning[]> {
  const state = await fileState(file);
  return state.kind === 'file' ? [] : [{ where: file, what: `start refuses it: ${state.reason}` }];
}

async function namedFiles(
  file: string,
  bytes: Uint8Array,
  config: Config,
): Promise<readonly Warning[]> {
  return (await fileProblems(config)).map(({ path, reason }) => {
    const { line, column } = placeOf(bytes, path);
    return { where: `${file}:${line}:${column}: ${formatPath(path)}`, what: reason };
  });
}

/** As much as a configuration may have and one byte: a larger file need not fit into memory. */
async function beginning(stream: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > largestFile) break;
  }
  return Buffer.concat(chunks).subarray(0, largestFile + 1);
}

function refuse(
  { file, problems, omitted }: Exclude<ParsedConfig, { kind: 'config' }>,
  terminal: Terminal,
): number {
  for (const problem of problems) terminal.err(`${plain(formatProblem(file, problem))}\n`);
  if (omitted > 0) terminal.err(`${plain(file)}: ${omitted} more are not shown\n`);
  return exitCodes.badConfig;
}
