import { schema } from '../config/schema.generated.js';
import { exitCodes } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** Prints the configuration's JSON Schema. */
export function run(terminal: Terminal): number {
  terminal.out(`${JSON.stringify(schema, null, 2)}\n`);
  return exitCodes.ok;
}
