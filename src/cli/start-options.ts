import { existsSync } from 'node:fs';

import { configFromFlags, type EtcdFlags, type FlagMistake } from '../config/flags.js';
import { defaultConfigFile, type StartOptions } from './arguments.js';

export type ChosenStart =
  | { readonly kind: 'options'; readonly options: StartOptions }
  | { readonly kind: 'usage'; readonly mistakes: readonly FlagMistake[] };

export interface WrittenStart {
  readonly config?: string;
  readonly flags?: EtcdFlags;
}

/** The file that was named, or etcd's flags; with neither the default file, or the flags' defaults. */
export function chooseStart({ config, flags }: WrittenStart): ChosenStart {
  if (config !== undefined) return { kind: 'options', options: { kind: 'file', path: config } };
  if (flags === undefined && existsSync(defaultConfigFile)) {
    return { kind: 'options', options: { kind: 'file', path: defaultConfigFile } };
  }
  const parsed = configFromFlags(flags ?? { endpoints: [] });
  if (parsed.kind === 'usage') return parsed;
  return { kind: 'options', options: { kind: 'flags', config: parsed.config } };
}
