import { fuzzTests } from './tests.js';

fuzzTests('answers');
