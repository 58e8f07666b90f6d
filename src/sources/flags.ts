import type { Config } from '../model/config.js';
import type { ConfigReading, ConfigSource } from '../model/ports.js';

/** A configuration given on the command line: it never changes. */
export class FlagsSource implements ConfigSource {
  readonly name = 'flags';
  readonly #reading: ConfigReading;

  constructor(config: Config) {
    this.#reading = { kind: 'config', config, hash: 'flags' };
  }

  latest(): ConfigReading {
    return this.#reading;
  }

  peek(): Promise<ConfigReading> {
    return Promise.resolve(this.#reading);
  }

  unread(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
