import { parentPort, workerData } from 'node:worker_threads';

import { parseConfig } from './parse.js';

/** The thread of parse-aside.ts: parses what it was started with, answers once, and ends. */
const { bytes, file } = workerData as { readonly bytes: Uint8Array; readonly file: string };
parentPort?.postMessage(parseConfig(bytes, file));
