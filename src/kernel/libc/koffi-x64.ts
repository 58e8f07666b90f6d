/** Loaded on demand, by `openLibc`. */
import koffi = require('@koromix/koffi-linux-x64');

export { koffi };
