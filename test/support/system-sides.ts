import { systemSides as open } from '../../src/proxy/sides.js';

/** The sides of this system, with a few pipes for bulk; one set for the whole process. */
export const systemSides = await open(8);
