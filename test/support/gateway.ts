import { writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { errorMessage } from '../../src/model/errors.js';
import { TestProcess, type Exit } from './process.js';
import { program } from './program.js';
import type { Scope } from './scope.js';
import { Hopeless, until } from './until.js';

/** A line of the gateway's log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface GatewayOptions {
  /** YAML as written, or a value that is written as JSON, which is YAML too. */
  readonly config?: string | ConfigObject;
  /** In place of a configuration: the flags of `start`. */
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Largest number of open files. */
  readonly openFiles?: number;
  /** Words that come before the command: another command, which starts it. */
  readonly before?: readonly string[];
  /** Exit code at the end of the test; default 0. */
  readonly exitCode?: number | null;
  /** `false`: returns as soon as the process runs. */
  readonly ready?: boolean;
}

/** Keys as in the configuration file. */
export type ConfigObject = Readonly<Record<string, unknown>>;

export const readyMessage = 'ready to proxy client requests';

/** The built program as a process. */
export class GatewayProcess extends TestProcess {
  readonly configFile: string;

  constructor(configFile: string, { flags, env, openFiles, before = [] }: GatewayOptions) {
    const wanted = flags ?? ['--config', configFile];
    const command = [...before, process.execPath, program, 'start', ...wanted];
    const [name = '', ...rest] = openFiles === undefined ? command : limited(command, openFiles);
    super(name, rest, { env: { ...process.env, ...env } });
    this.configFile = configFile;
  }

  /** The log so far; a line that is not JSON stands as its message. */
  get logs(): LogLine[] {
    const lines = this.stderr.split('\n').slice(0, -1);
    return lines.filter((line) => line !== '').map(parseLine);
  }

  /** Replaces the configuration at one blow, as careful editors do. */
  async edit(config: string | ConfigObject): Promise<void> {
    await writeFile(`${this.configFile}.new`, toYaml(config));
    await rename(`${this.configFile}.new`, this.configFile);
  }

  /** Overwrites it in place, as careless editors do; on a busy machine too it is not empty for long. */
  overwrite(config: string | ConfigObject): void {
    writeFileSync(this.configFile, toYaml(config));
  }

  /** Waits for a line after the first `after` ones that has this message and passes the test. */
  async logged(
    message: string,
    { where = () => true, after = 0, timeoutMs = 10_000 }: LogWait = {},
  ): Promise<LogLine> {
    const find = (): LogLine | undefined => {
      const lines = this.logs.slice(after);
      const found = lines.find((line) => line.message === message && where(line));
      if (found === undefined && this.exit !== undefined) {
        throw new Hopeless(`the gateway has ended: ${JSON.stringify(this.exit)}`);
      }
      return found;
    };
    try {
      return await until(find, { what: `the log line "${message}"`, timeoutMs });
    } catch (error) {
      throw new Error(`${errorMessage(error)}; its log:\n${this.stderr}`, { cause: error });
    }
  }
}

export interface LogWait {
  readonly where?: (line: LogLine) => boolean;
  /** Lines to skip: `gateway.logs.length` before what should cause the line. */
  readonly after?: number;
  readonly timeoutMs?: number;
}

/** Starts a gateway; at the end of the test it is asked to end, and must do so cleanly. */
export async function withGateway(scope: Scope, options: GatewayOptions): Promise<GatewayProcess> {
  const configFile = join(await scope.tempDir(), 'gateway.yaml');
  if (options.config !== undefined) await writeFile(configFile, toYaml(options.config));
  const gateway = new GatewayProcess(configFile, options);
  scope.defer(async () =>
    endCleanly(gateway, options.exitCode === undefined ? 0 : options.exitCode),
  );
  if (options.ready !== false) await gateway.logged(readyMessage);
  return gateway;
}

async function endCleanly(gateway: GatewayProcess, expected: number | null): Promise<void> {
  const exit: Exit = await gateway.stop('SIGTERM').catch(async () => gateway.stop('SIGKILL'));
  if (exit.code === expected) return;
  throw new Error(`the gateway ended with ${JSON.stringify(exit)}; its log:\n${gateway.stderr}`);
}

/** Defaults for tests: no admin address, a log for machines, and an end without waiting. */
function toYaml(config: string | ConfigObject): string {
  if (typeof config === 'string') return config;
  const defaults = {
    admin: { 'listen-addr': 'off' },
    log: { level: 'debug', format: 'json' },
    shutdown: { 'drain-timeout': '200ms' },
  };
  return JSON.stringify({ ...defaults, ...config }, null, 2);
}

function limited(command: readonly string[], openFiles: number): string[] {
  return ['/bin/sh', '-c', `ulimit -n ${openFiles} && exec "$@"`, 'sh', ...command];
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: 'text', message: line };
  }
}
