import { Worker } from 'node:worker_threads';

import type { ParsedConfig } from './parse.js';
import { Assembly, type Piece } from './pieces.js';

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
    const assembly = new Assembly();
    worker.on('message', (piece: Piece) => {
      const parsed = assembly.take(piece);
      if (parsed) resolve(parsed);
      else setImmediate(() => worker.postMessage('next'));
    });
    worker.once('error', reject);
    worker.postMessage('next');
  });
}
