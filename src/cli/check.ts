import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

import { largestFile } from '../config/decode.js';
import { parseConfig, type ParsedConfig } from '../config/parse.js';
import { fileReason } from '../model/errors.js';
import { formatProblem } from '../model/problem.js';
import type { CheckOptions } from './arguments.js';
import { describeConfig } from './describe-config.js';
import { exitCodes } from './exit-codes.js';
import { plain, type Terminal } from './terminal.js';

/** Validates a file as `start` would, opens nothing else, and prints what it would run. */
export async function run(
  { path }: CheckOptions,
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
  return report(parseConfig(bytes, file), terminal);
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

function report(parsed: ParsedConfig, terminal: Terminal): number {
  if (parsed.kind === 'config') {
    terminal.out(`${describeConfig(parsed.config).join('\n')}\n`);
    return exitCodes.ok;
  }
  const { file, problems, omitted } = parsed;
  for (const problem of problems) terminal.err(`${plain(formatProblem(file, problem))}\n`);
  if (omitted > 0) terminal.err(`${plain(file)}: ${omitted} more are not shown\n`);
  return exitCodes.badConfig;
}
