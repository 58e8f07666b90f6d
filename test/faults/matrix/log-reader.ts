import type { GatewayProcess, LogLine } from '../../support/gateway.js';

/** What the log has said of one gateway. */
export interface CellLog {
  readonly closed: LogLine[];
  readonly refused: LogLine[];
  readonly ejected: LogLine[];
  readonly returned: LogLine[];
  readonly dialed: LogLine[];
}

type Topic = keyof CellLog;

/** The log line that each outcome must leave, at its level. */
const topics: Readonly<Record<string, readonly [Topic, string]>> = {
  'session closed': ['closed', 'debug'],
  'client refused, no endpoint could be connected': ['refused', 'warn'],
  'endpoint taken out of rotation': ['ejected', 'warn'],
  'endpoint back in rotation': ['returned', 'info'],
  'endpoint dialed': ['dialed', 'debug'],
};

/** Reads a gateway's log once, however many ask. */
export class LogReader {
  readonly #process: GatewayProcess;
  readonly #logs = new Map<string, CellLog>();
  #read = 0;
  #reloads = 0;

  constructor(process: GatewayProcess) {
    this.#process = process;
  }

  of(gateway: string): CellLog {
    this.#readOn();
    return this.#logOf(gateway);
  }

  /** How many configurations have been applied. @throws when one was refused. */
  get reloads(): number {
    this.#readOn();
    return this.#reloads;
  }

  #readOn(): void {
    const { stderr } = this.#process;
    const end = stderr.lastIndexOf('\n') + 1;
    const text = stderr.slice(this.#read, end);
    this.#read = end;
    for (const line of text.split('\n')) if (line !== '') this.#take(parse(line));
  }

  #take(line: LogLine): void {
    if (line.message === 'configuration applied') this.#reloads += 1;
    if (line.level === 'error' && !('gateway' in line)) console.error(JSON.stringify(line));
    const [topic, level] = topics[line.message] ?? [];
    if (topic && line.level === level) this.#logOf(String(line.gateway))[topic].push(line);
  }

  #logOf(gateway: string): CellLog {
    const known = this.#logs.get(gateway);
    if (known) return known;
    const log: CellLog = { closed: [], refused: [], ejected: [], returned: [], dialed: [] };
    this.#logs.set(gateway, log);
    return log;
  }
}

function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: 'text', message: line };
  }
}
