import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { systemClock } from '../../../../src/model/clock.js';
import { createLog, type LogSink } from '../../../../src/observe/log/log.js';

const test = suite('log');

class MemorySink implements LogSink {
  readonly isTerminal: boolean;
  readonly lines: string[] = [];
  onDropped: (count: number) => void = () => undefined;

  constructor(isTerminal = false) {
    this.isTerminal = isTerminal;
  }

  write(line: string): void {
    this.lines.push(line);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  messages(): readonly string[] {
    return this.lines.map((line) => (JSON.parse(line) as { message: string }).message);
  }
}

test('writes lines of its level and above, and takes another level at once', () => {
  const sink = new MemorySink();
  const log = createLog({ level: 'warn', format: 'json' }, sink, systemClock);
  const all = (): void => {
    log.error('e');
    log.warn('w');
    log.info('i');
    log.debug('d');
  };
  all();
  assert.not(log.isDebug);
  log.configure({ level: 'debug', format: 'json' });
  assert.ok(log.isDebug);
  all();
  log.configure({ level: 'error', format: 'json' });
  all();
  assert.equal(sink.messages(), ['e', 'w', 'e', 'w', 'i', 'd', 'e']);
});

test('writes text on a terminal and JSON elsewhere, unless told', () => {
  const formats = ['auto', 'text', 'json'] as const;
  const written = [true, false].map((isTerminal) =>
    formats.map((format) => {
      const sink = new MemorySink(isTerminal);
      createLog({ level: 'info', format }, sink, systemClock).info('m', { key: 1 });
      return sink.lines[0]?.startsWith('{') ? 'json' : 'text';
    }),
  );
  assert.equal(written, [
    ['text', 'text', 'json'],
    ['json', 'text', 'json'],
  ]);
});

test('takes another format with the next line', () => {
  const sink = new MemorySink();
  const log = createLog({ level: 'info', format: 'json' }, sink, systemClock);
  log.info('m');
  log.configure({ level: 'info', format: 'text' });
  log.info('m');
  assert.match(sink.lines.join(''), /^\{[^\n]*\}\n\S+Z info {2}m\n$/);
});

test('keeps message and fields apart, whatever the fields are called', () => {
  const sink = new MemorySink();
  createLog({ level: 'info', format: 'text' }, sink, systemClock).info('real', {
    message: 'false',
    level: 'error',
    fields: 'x',
  });
  assert.match(sink.lines[0] ?? '', /Z info {2}real message=false level=error fields=x\n$/);
});

test('says how many lines were dropped, also while it closes', async () => {
  const sink = new MemorySink();
  const log = createLog({ level: 'info', format: 'json' }, sink, systemClock);
  sink.onDropped(3);
  const closed = log.close();
  sink.onDropped(4);
  log.info('too late');
  await closed;
  await log.close();
  const dropped = sink.lines.map((line) => (JSON.parse(line) as { dropped: number }).dropped);
  assert.equal(dropped, [3, 4]);
});

test.run();
