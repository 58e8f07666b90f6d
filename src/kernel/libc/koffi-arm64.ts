/** Loaded on demand, by `openLibc`. */
import koffi = require('@koromix/koffi-linux-arm64');

export { koffi };
