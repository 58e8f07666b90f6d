import { fuzzTests } from './tests.js';

fuzzTests('admin');
