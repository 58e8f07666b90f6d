import { Writable } from 'node:stream';

import winston = require('winston');

import type { LogLevel, LogSettings } from '../../model/config.js';
import type { Fields } from '../../model/events.js';
import type { Clock } from '../../model/ports.js';

import { formatJson, formatText } from './format.js';

/** Where finished lines go. Never blocks and never throws: what it cannot take, it drops and counts. */
export interface LogSink {
  /** Whether a person reads along: decides the format `auto`. */
  readonly isTerminal: boolean;
  /** `line` ends with its end of line. */
  write(line: string): void;
  /** Called when lines can be written again after `count` of them were dropped. */
  onDropped: (count: number) => void;
  /** Waits, within bounds, until what was written is out. Idempotent. */
  close(): Promise<void>;
}

/** A constant message says what happened; what varies stands in the fields. */
export interface Log {
  /** Whether debug lines are wanted: ask before gathering fields on a busy path. */
  readonly isDebug: boolean;
  /** Whether each session's end is a line at info. */
  readonly tellsSessions: boolean;
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  write(level: LogLevel, message: string, fields?: Fields): void;
  /** Takes effect with the next line. */
  configure(settings: LogSettings): void;
  /** Lines after it are lost. Idempotent. */
  close(): Promise<void>;
}

export function createLog(settings: LogSettings, sink: LogSink, clock: Clock): Log {
  return new WinstonLog(settings, sink, clock);
}

const levels: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

class WinstonLog implements Log {
  isDebug = false;
  tellsSessions = false;
  readonly #sink: LogSink;
  readonly #logger: winston.Logger;
  #format: typeof formatJson = formatJson;
  #closing: Promise<void> | undefined;

  constructor(settings: LogSettings, sink: LogSink, clock: Clock) {
    this.#sink = sink;
    const printed = winston.format.printf(({ level, message, fields }) =>
      this.#format({
        timeMs: clock.wallMs(),
        level: level as LogLevel,
        message: message as string,
        fields: fields as Fields,
      }),
    );
    const stream = new winston.transports.Stream({ stream: streamTo(sink), eol: '\n' });
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types its transports as interfaces
    this.#logger = winston.createLogger({ levels, format: printed, transports: stream });
    sink.onDropped = (count) => this.#tellDropped(count);
    this.configure(settings);
  }

  error(message: string, fields?: Fields): void {
    this.write('error', message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.write('warn', message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.write('info', message, fields);
  }

  debug(message: string, fields?: Fields): void {
    if (this.isDebug) this.write('debug', message, fields);
  }

  write(level: LogLevel, message: string, fields: Fields = {}): void {
    // Nested, because winston would let a field named `message` or `level` take the real one's place.
    if (this.#closing === undefined) this.#logger.log({ level, message, fields });
  }

  /** Also while the log is closing: that is when a slow reader gets to the end of the queue. */
  #tellDropped(dropped: number): void {
    const message = 'log lines were dropped because nobody read the log';
    this.#logger.log({ level: 'warn', message, fields: { dropped } });
  }

  configure({ level, format, sessions }: LogSettings): void {
    this.#logger.level = level;
    this.isDebug = level === 'debug';
    this.tellsSessions = sessions === true;
    const isText = format === 'text' || (format === 'auto' && this.#sink.isTerminal);
    this.#format = isText ? formatText : formatJson;
  }

  close(): Promise<void> {
    this.#closing ??= this.#sink.close();
    return this.#closing;
  }
}

/** A stream for winston that takes every line at once: it is the sink that queues and drops. */
function streamTo(sink: LogSink): Writable {
  return new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      sink.write(line);
      done();
    },
  });
}
