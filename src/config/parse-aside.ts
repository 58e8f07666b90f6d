import { Worker } from 'node:worker_threads';

import { deepFreeze } from './freeze.js';
import type { ParsedConfig } from './parse.js';

/** From this size on, parsing could hold up the event loop, and with it all sessions. */
const asideFromBytes = 16 * 1024;

/**
 * As `parseConfig`, but a long file is parsed in a thread of its own: a file of 5,000 endpoints
 * takes a quarter of a second. Never rejects for what is in the file.
 */
export async function parseAside(bytes: Uint8Array, file: string): Promise<ParsedConfig> {
  if (bytes.length >= asideFromBytes) return parseInThread(bytes, file);
  const { parseConfig } = await import('./parse.js'); // who starts with flags never needs it
  return parseConfig(bytes, file);
}

function parseInThread(bytes: Uint8Array, file: string): Promise<ParsedConfig> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./parse-thread.js', import.meta.url), {
      workerData: { bytes, file },
    });
    // Copied between threads, the result has lost its frozenness.
    worker.once('message', (parsed: ParsedConfig) => resolve(deepFreeze(parsed)));
    worker.once('error', reject);
  });
}
