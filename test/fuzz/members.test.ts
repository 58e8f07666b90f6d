import { fuzzTests } from './tests.js';

fuzzTests('members');
