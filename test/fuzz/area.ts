import type fc from 'fast-check';

import type { Scope } from '../support/scope.js';

/** One place at which input from outside comes in, and what is promised there for any of it. */
export interface FuzzArea {
  /** Inputs made from nothing; those of the corpus, and damaged ones, are tried beside them. */
  readonly inputs: fc.Arbitrary<Uint8Array>;
  /** @throws when the input breaks a promise. */
  check(input: Buffer): void | Promise<void>;
}

/** Opens what the area needs: servers, files. */
export type OpenArea = (scope: Scope) => FuzzArea | Promise<FuzzArea>;
