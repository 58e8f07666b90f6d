import { fuzzTests } from './tests.js';

fuzzTests('dns');
