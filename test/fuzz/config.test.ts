import { fuzzTests } from './tests.js';

fuzzTests('config');
