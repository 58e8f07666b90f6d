import { parentPort, workerData } from 'node:worker_threads';

import { parseConfig } from './parse.js';
import { piecesOf } from './pieces.js';

/**
 * The thread of parse-aside.ts: parses what it was started with, hands the result over, one piece
 * each time it is asked, and ends with the last one.
 */
const { bytes, file } = workerData as { readonly bytes: Uint8Array; readonly file: string };
const pieces = piecesOf(parseConfig(bytes, file));
let next = pieces.next();
parentPort?.on('message', () => {
  if (next.done) return;
  parentPort?.postMessage(next.value);
  next = pieces.next();
  if (next.done) parentPort?.close();
});
