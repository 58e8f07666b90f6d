import type { ServerResponse } from 'node:http';

import type { Clock, Timer } from '../../model/ports.js';
import type { EventFeed, FeedItem } from './event-feed.js';

export interface EventStreamsOptions {
  readonly feed: EventFeed;
  readonly clock: Clock;
  /** Figures of the moment, sent each second to whoever listens. */
  readonly sample: () => Promise<object>;
}

interface Stream {
  readonly response: ServerResponse;
  /** Ticks in a row at whose end the reader had not taken what was written. */
  stuckTicks: number;
}

const mostStreams = 32;
/** More than all that is ever replayed. */
const mostQueuedBytes = 1024 * 1024;
/** Over all streams: what 32 new readers are sent at first. */
const mostQueuedBytesOfAll = 16 * 1024 * 1024;
const tickMs = 1000;
const mostStuckTicks = 15;
const retryMs = 2000;

/** Readers of the event stream (server-sent events, WHATWG HTML 9.2): bounded in number and memory. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #streams = new Set<Stream>();
  #unsubscribe: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  get full(): boolean {
    return this.#streams.size >= mostStreams;
  }

  /** Takes over a response whose head has not been sent; replays what came after `lastId`. */
  add(response: ServerResponse, lastId: string | undefined): void {
    const stream: Stream = { response, stuckTicks: 0 };
    response.on('close', () => this.#remove(stream));
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    const replay = this.#options.feed.since(lastId).map(formatItem).join('');
    response.write(`retry: ${retryMs}\n\n${replay}`);
    this.#streams.add(stream);
    this.#start();
    this.#makeRoom();
    void this.#sample().then((sample) => {
      if (this.#streams.has(stream)) this.#write(stream, sample);
    });
  }

  /** Ends every stream; readers may come again. */
  close(): void {
    for (const { response } of this.#streams) response.end();
    this.#streams.clear();
    this.#pause();
  }

  #start(): void {
    this.#unsubscribe ??= this.#options.feed.subscribe((item) => this.#send(formatItem(item)));
    this.#timer ??= this.#options.clock.setTimer(tickMs, () => void this.#tick());
  }

  #pause(): void {
    this.#unsubscribe?.();
    this.#timer?.cancel();
    this.#unsubscribe = this.#timer = undefined;
  }

  async #tick(): Promise<void> {
    this.#timer = undefined;
    for (const stream of this.#streams) this.#dropIfStuck(stream);
    if (this.#streams.size === 0) return;
    this.#send(await this.#sample());
    if (this.#streams.size > 0) this.#start();
  }

  #send(text: string): void {
    for (const stream of this.#streams) this.#write(stream, text);
    this.#makeRoom();
  }

  #write(stream: Stream, text: string): void {
    if (stream.response.writableLength > mostQueuedBytes) this.#drop(stream);
    else stream.response.write(text);
  }

  /** At the cost of those that let most wait. */
  #makeRoom(): void {
    const queued = [...this.#streams].map((stream) => ({
      stream,
      bytes: stream.response.writableLength,
    }));
    let total = queued.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total <= mostQueuedBytesOfAll) return;
    for (const { stream, bytes } of queued.sort((a, b) => b.bytes - a.bytes)) {
      if (total <= mostQueuedBytesOfAll) return;
      this.#drop(stream);
      total -= bytes;
    }
  }

  #dropIfStuck(stream: Stream): void {
    stream.stuckTicks = stream.response.writableLength > 0 ? stream.stuckTicks + 1 : 0;
    if (stream.stuckTicks > mostStuckTicks) this.#drop(stream);
  }

  #drop(stream: Stream): void {
    this.#remove(stream);
    stream.response.destroy();
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#pause();
  }

  /** Has no id: a sample is never replayed. It also keeps the connection alive. */
  async #sample(): Promise<string> {
    return `event: sample\ndata: ${JSON.stringify(await this.#options.sample())}\n\n`;
  }
}

function formatItem({ id, type, data }: FeedItem): string {
  return `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`;
}
