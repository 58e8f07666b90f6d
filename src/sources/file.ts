import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import { withTimeLimit } from '../etcd/time-limit.js';
import type { Config, ConfigProblem, ReloadSettings } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import type { Clock, ConfigReading, ConfigSource, Timer, Trigger, Unread } from '../model/ports.js';

import type { Disk, PathWatch } from './file-disk.js';
import type { MountedFile } from './file-mount.js';
import { settle, type Settled } from './file-settle.js';

/** What the bytes of a configuration file say. */
export type ParsedFile =
  | { readonly kind: 'config'; readonly config: Config }
  | {
      readonly kind: 'invalid';
      readonly problems: readonly ConfigProblem[];
      readonly text: string;
    };

export interface FileSourceOptions {
  /** As the user wrote it; problems are prefixed with it. */
  readonly file: string;
  readonly parse: (bytes: Uint8Array, file: string) => ParsedFile | Promise<ParsedFile>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly observer: Observer;
  /**
   * Called with `file` once for each new content that the watch finds, good or bad, and when it finds
   * the file back.
   */
  readonly trigger: Trigger;
}

const notRead = 'it has not been read yet';

/** The net under the watch: network mounts, and folders too far up to be watched. */
const pollEveryMs = 2_000;

/** How long the file must stand still for somebody who asks, at most. */
const askedQuietMs = 100;

const unreadLimitMs = 1_000;

/** How often a path may change under our feet before the poll is left to see the end of it. */
const mostRearms = 5;

/**
 * The configuration in a file. It tells of content: a new time stamp, mode or inode over the same
 * bytes is no change. A file that went away is `missing` until it is back, and triggers nothing.
 */
export class FileSource implements ConfigSource {
  readonly name: string;
  readonly #options: FileSourceOptions;
  readonly #path: string;
  readonly #watch: PathWatch;
  readonly #mounted: MountedFile;
  #closed = false;
  readonly #waiting = new Map<Look, Promise<void>>();
  #settings: ReloadSettings = { watch: false, quietPeriodMs: 100 };
  /** Of the bytes that were last parsed. */
  #reading: FileReading | undefined;
  #tail: Promise<void> = Promise.resolve();
  #poll: Timer | undefined;
  /** Of the bytes that `#reading` is of. */
  #signature: string | undefined;
  /** Why there is no reading of the file at present. */
  #away: string | undefined = notRead;
  #restless = false;
  /** While a look waits for the file to stand still. */
  #looking: { readonly kind: Look; readonly wait: AbortController } | undefined;
  readonly #unwatched = new Set<string>();

  /**
   * Reads the file for the first time: `latest()` is of now when it resolves, `missing` if it cannot
   * be read. Nothing is watched before `configure` says so. Never rejects.
   */
  static async open(options: FileSourceOptions): Promise<FileSource> {
    const source = new FileSource(options);
    await source.#ask('first');
    return source;
  }

  private constructor(options: FileSourceOptions) {
    this.name = options.file;
    this.#options = options;
    this.#path = resolve(options.file);
    this.#mounted = options.disk.mounted(this.#path);
    this.#watch = options.disk.watch(this.#path, {
      clock: options.clock,
      lookAgain: () => this.#lookAgain(),
      failed: (folder, error) => this.#tellUnwatched(folder, error),
    });
  }

  latest(): ConfigReading {
    return this.#away === undefined && this.#reading
      ? this.#reading
      : { kind: 'missing', file: this.name, reason: this.#away ?? notRead };
  }

  /**
   * Does not trigger: who asks looks at `latest()` next. Does not wait for a long quiet period: who
   * asks says that the file is as it should be. Takes 2 s at most, 10 s more while the file is open for writing.
   */
  refresh(): Promise<void> {
    if (this.#looking?.kind === 'watch') this.#looking.wait.abort();
    return this.#ask('refresh');
  }

  /** What a refresh would read now; `latest()` stays as it is. Never rejects. */
  async peek(): Promise<ConfigReading> {
    const missing = (reason: string): ConfigReading => ({
      kind: 'missing',
      file: this.name,
      reason,
    });
    const settled = await settle(this.#path, {
      quietPeriodMs: Math.min(this.#settings.quietPeriodMs, askedQuietMs),
      disk: this.#options.disk,
      clock: this.#options.clock,
      signal: new AbortController().signal,
      known: undefined,
      trustAge: true,
    });
    if (settled.kind === 'none') return missing(settled.reason);
    if (settled.kind !== 'read') return missing('it is written without a pause');
    const stale = await this.#mounted.problem();
    if (stale !== undefined) return missing(stale);
    try {
      return await this.#parse(settled.bytes, '');
    } catch (error) {
      return missing(`it cannot be parsed: ${errorMessage(error)}`);
    }
  }

  /**
   * How what lies on disk differs from what was read last, where no watch tells; undefined: not at all, or
   * it is watched, or cannot be told now. Takes 1 s at most. Never rejects.
   */
  async unread(): Promise<Unread | undefined> {
    if (this.#settings.watch || this.#isClosed()) return undefined;
    const { signal } = new AbortController();
    const limited = withTimeLimit(this.#options.clock, unreadLimitMs, signal, () => this.#unread());
    return limited.catch(() => undefined); // a disk that hangs must not keep those who look at us waiting
  }

  async #unread(): Promise<Unread | undefined> {
    const { disk } = this.#options;
    const state = await disk.state(this.#path);
    if (state.kind === 'none') return { reason: state.reason };
    if (state.signature === this.#signature && this.#away === undefined) return undefined;
    const attempt = await disk.read(this.#path, state.signature, true);
    if (attempt.kind === 'none') return { reason: attempt.reason };
    if (attempt.kind !== 'read') return undefined; // it is being written
    const hash = hashOf(attempt.bytes);
    return this.#away === undefined && hash === this.#reading?.hash ? undefined : { hash };
  }

  /** Takes effect at once; a watch that is turned on finds what changed before it. */
  configure(settings: ReloadSettings): void {
    const toggled = settings.watch !== this.#settings.watch;
    this.#settings = settings;
    if (toggled) this.#lookAgain();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#looking?.wait.abort();
    this.#poll?.cancel();
    await this.#tail;
    await this.#watch.close();
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #lookAgain(): void {
    void this.#ask('watch');
  }

  /** Resolves when a look that begins from now on has ended. One at a time; of each kind one waits. */
  #ask(look: Look): Promise<void> {
    const waiting = this.#waiting.get(look);
    if (waiting) return waiting;
    const run = this.#tail.then(() => {
      this.#waiting.delete(look);
      return this.#run(look);
    });
    this.#waiting.set(look, run);
    this.#tail = run;
    return run;
  }

  async #run(look: Look): Promise<void> {
    if (this.#isClosed()) return;
    try {
      await this.#look(look);
    } catch (error) {
      const reason = errorMessage(error);
      this.#warn('the configuration file could not be looked at, what runs stays', { reason });
    }
    this.#poll?.cancel();
    if (this.#isClosed() || !this.#settings.watch) return;
    this.#poll = this.#options.clock.setTimer(pollEveryMs, () => this.#lookAgain());
  }

  async #look(look: Look): Promise<void> {
    const wait = new AbortController();
    this.#looking = { kind: look, wait };
    try {
      const settled = await this.#settle(look, wait.signal);
      if (settled && !wait.signal.aborted) await this.#take(settled, look);
    } finally {
      this.#looking = undefined;
    }
  }

  /** Undefined: nobody wants to know, or somebody looks right after. */
  async #settle(look: Look, signal: AbortSignal): Promise<Settled | undefined> {
    if (this.#settings.watch) await this.#rearm();
    else await this.#watch.close();
    const isWanted = this.#settings.watch && !this.#waiting.has('refresh');
    if (look === 'watch' && !isWanted) return undefined;
    const { quietPeriodMs } = this.#settings;
    return settle(this.#path, {
      quietPeriodMs: look === 'watch' ? quietPeriodMs : Math.min(quietPeriodMs, askedQuietMs),
      disk: this.#options.disk,
      clock: this.#options.clock,
      signal,
      known: look === 'watch' ? this.#signature : undefined,
      trustAge: look !== 'watch',
    });
  }

  async #rearm(): Promise<void> {
    for (let attempt = 0; attempt < mostRearms; attempt += 1) {
      const moved = await this.#watch.follow();
      if (!moved || this.#isClosed()) return;
    }
  }

  async #take(settled: Settled, look: Look): Promise<void> {
    this.#tellRestless(settled.kind === 'restless');
    if (settled.kind === 'restless') return;
    if (settled.kind === 'none') {
      this.#goAway(settled.reason, look);
      return;
    }
    if (settled.kind === 'read' && settled.wasOpen) {
      this.#warn('the configuration file stays open for writing, it was read after 10 s', {});
    }
    const stale = settled.kind === 'read' ? await this.#mounted.problem() : undefined;
    // At the start old content is better than none; the next look tells that it is old.
    if (stale !== undefined && look !== 'first') {
      this.#signature = undefined;
      this.#goAway(stale, look);
      return;
    }
    let isNew: boolean;
    try {
      isNew = settled.kind === 'read' && (await this.#takeBytes(settled));
      if (stale !== undefined) this.#signature = undefined;
    } catch (error) {
      this.#goAway(`it cannot be parsed: ${errorMessage(error)}`, look);
      return;
    }
    const isBack = this.#comeBack(look);
    if (look === 'watch' && (isNew || isBack)) this.#options.trigger('file');
  }

  /** Whether it is another content. @throws what the parser throws; the next look tries again. */
  async #takeBytes({ bytes, signature }: Extract<Settled, { kind: 'read' }>): Promise<boolean> {
    const hash = hashOf(bytes);
    const isNew = hash !== this.#reading?.hash;
    if (isNew) this.#reading = await this.#parse(bytes, hash);
    this.#signature = signature;
    return isNew;
  }

  async #parse(bytes: Uint8Array, hash: string): Promise<FileReading> {
    const file = this.name;
    const parsed = await this.#options.parse(bytes, file);
    if (parsed.kind === 'config') return { kind: 'config', config: parsed.config, hash };
    return { kind: 'invalid', file, problems: parsed.problems, text: parsed.text, hash };
  }

  #goAway(reason: string, look: Look): void {
    if (this.#away === reason) return;
    this.#away = reason;
    if (look === 'first') return;
    this.#options.observer({ type: 'file-missing', file: this.name, reason });
  }

  /** Whether it was away. */
  #comeBack(look: Look): boolean {
    if (this.#away === undefined) return false;
    this.#away = undefined;
    if (look !== 'first') this.#options.observer({ type: 'file-back', file: this.name });
    return true;
  }

  #tellRestless(restless: boolean): void {
    const isNews = restless && !this.#restless;
    this.#restless = restless;
    if (!isNews) return;
    const { quietPeriodMs } = this.#settings;
    this.#warn('the configuration file is written without a pause, what runs stays', {
      quietPeriodMs,
    });
  }

  #tellUnwatched(folder: string, error: unknown): void {
    if (this.#unwatched.has(folder)) return;
    this.#unwatched.add(folder);
    const fields = { folder, everyMs: pollEveryMs, reason: errorMessage(error) };
    this.#warn('the folder cannot be watched, the configuration is looked at now and then', fields);
  }

  #warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    const { observer } = this.#options;
    observer({ type: 'notice', level: 'warn', message, fields: { file: this.name, ...fields } });
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What some bytes say. */
type FileReading = Exclude<ConfigReading, { kind: 'missing' }>;

/** What asked for a look: `watch` alone triggers and spares itself the reading of a known file. */
type Look = 'first' | 'refresh' | 'watch';
