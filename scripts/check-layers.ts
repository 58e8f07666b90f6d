/** Fails on an import that breaks the dependency rule; prints `FILE:LINE: EDGE: why`. */
import { importsOf } from './layers/imports.js';
import { findViolations } from './layers/violations.js';
import { filesBelow } from './tests/discover.js';

const files = await filesBelow(process.cwd(), 'src', '.ts');
const violations = findViolations(files.flatMap(importsOf));
for (const violation of violations) console.error(violation);
process.exitCode = violations.length > 0 ? 1 : 0;
