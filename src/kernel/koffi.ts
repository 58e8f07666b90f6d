/** Loaded on demand: see `loadKoffi` in libc.ts. Throws on a platform that koffi has no binary for. */
import koffi = require('koffi');

export { koffi };
