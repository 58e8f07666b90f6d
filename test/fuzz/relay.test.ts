import { fuzzTests } from './tests.js';

fuzzTests('relay');
