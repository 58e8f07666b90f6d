import { quote } from '../model/quote.js';

export type Path = readonly (string | number)[];

/** A mistake that is known by its path; where in the file that is, is looked up later. */
export interface Finding {
  readonly path: Path;
  /** Whether to point at the key at the end of the path, or at its value. */
  readonly at: 'key' | 'value';
  /** The mapping at this path lacks a key: an unknown one in it, probably that key misspelt, is told before. */
  readonly lacksIn?: Path;
  readonly isUnknownKey?: boolean;
  /** Costs time (a nearest key is searched), hence only for findings that are shown. */
  readonly explain: () => Explanation;
}

export interface Explanation {
  readonly what: string;
  /** What to write instead; may be empty. */
  readonly hint: string;
}

/** What to do about a file that is larger than files may be. */
export const splitIt = 'run several gateways with a file each';

/** `gateways.main.endpoints[1]`; keys that are no plain words stand in quotes. */
export function formatPath(path: Path): string {
  return path.map(formatStep).join('');
}

function formatStep(step: string | number, index: number): string {
  if (typeof step === 'number') return `[${step}]`;
  if (!/^[\w-]{1,64}$/.test(step)) return `[${quote(step)}]`;
  return index === 0 ? step : `.${step}`;
}
