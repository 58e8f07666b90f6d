import { fuzzTests } from './tests.js';

fuzzTests('crowd');
