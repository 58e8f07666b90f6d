/**
 * Loaded ahead of the program by `--import`: SIGUSR2 makes it collect all garbage, so that what is
 * in use then is what it holds on to.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on('SIGUSR2', () => collect());
