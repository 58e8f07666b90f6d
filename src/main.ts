#!/usr/bin/env node
import type { AdminTarget } from './cli/admin-client.js';
import { parseArguments, type Arguments } from './cli/arguments.js';
import { EarlySignals } from './cli/early-signals.js';
import { exitCodes } from './cli/exit-codes.js';
import { plain, standardTerminal as terminal } from './cli/terminal.js';
import { GatewayError } from './model/errors.js';

const earlySignals = new EarlySignals(process); // before anything else

/** Each command is loaded when it is wanted: most of them start fast. */
async function dispatch(args: Arguments): Promise<number> {
  if (args.command !== 'start') earlySignals.release();
  switch (args.command) {
    case 'start':
      return start(args);
    case 'check':
      return (await import('./cli/check.js')).run(args.options, terminal, process.stdin);
    case 'reload':
      return (await import('./cli/reload.js')).run(await located(args.options));
    case 'status':
      return (await import('./cli/status.js')).run(await located(args.options));
    case 'events':
      return (await import('./cli/events.js')).run(await located(args.options));
    case 'drain':
    case 'undrain':
      return (await import('./cli/drain.js')).run(await located(args.options));
    case 'sessions':
      return (await import('./cli/sessions.js')).list(await located(args.options));
    case 'close-sessions':
      return (await import('./cli/sessions.js')).close(await located(args.options));
    case 'schema':
      return (await import('./cli/schema.js')).run(terminal);
    case 'version':
      terminal.out(`etcd-gateway ${(await import('./model/version.generated.js')).version}\n`);
      return exitCodes.ok;
    case 'help':
      terminal.out(await help(args.topic));
      return exitCodes.ok;
    case 'nothing':
      terminal.err(await help(undefined));
      return exitCodes.usage;
    case 'usage':
      return usage([args]);
  }
}

async function located<T extends AdminTarget>(options: T): Promise<T> {
  return (await import('./cli/locate-admin.js')).locateAdmin(options, process.env);
}

async function start(args: Extract<Arguments, { command: 'start' }>): Promise<number> {
  const chosen = (await import('./cli/start-options.js')).chooseStart(args);
  if (chosen.kind === 'usage') return usage(chosen.mistakes);
  const { version } = await import('./model/version.generated.js');
  process.env.NODE_ENV ??= 'production'; // elsewhere winston brings an aid for debugging along
  await loadLayers();
  const { run } = await import('./cli/start.js');
  const about = { version, node: process.version, pid: process.pid, startedAtMs: Date.now() };
  const code = await run(chosen.options, {
    about,
    env: process.env,
    monotonicUsec: () => process.hrtime.bigint() / 1_000n,
    err: (text) => terminal.err(text),
    onSignal: (signal, handler) => earlySignals.on(signal, handler),
    dieBy: (signal) => earlySignals.dieBy(signal),
    exit: (status) => process.exit(status),
    atExit: (callback) => void process.on('exit', callback),
  });
  return process.exit(code); // whatever is still open must not keep it up
}

/**
 * Part by part: where the program is not bundled, Node opens all the files at once that an import
 * lacks, and there may be few descriptors to have.
 */
async function loadLayers(): Promise<void> {
  await import('./dns/host-addresses.js');
  await import('./dns/client.js');
  await import('./sources/discoveries.js');
  await import('./sources/file.js');
  await import('./observe/log/observer.js');
  await import('./observe/admin/servers.js');
  await import('./data-path/client.js');
}

async function help(topic: Extract<Arguments, { command: 'help' }>['topic']): Promise<string> {
  return `${(await import('./cli/help.js')).helpText(topic)}\n`;
}

interface Mistake {
  readonly problem: string;
  readonly hint: string;
}

function usage(mistakes: readonly Mistake[]): number {
  for (const { problem, hint } of mistakes) {
    terminal.err(`${plain(`etcd-gateway: ${problem} (${hint})`)}\n`);
  }
  return exitCodes.usage;
}

// A reader that has left, as in `status --watch | head`, is no reason for a stack trace.
process.stdout.on('error', () => process.exit(exitCodes.failure));

/** What nobody can mend goes on as a defect. */
function failed(error: unknown): number {
  if (!(error instanceof GatewayError)) throw error;
  terminal.err(`${plain(error.message)}\n`);
  return exitCodes.failure;
}

process.exitCode = await dispatch(parseArguments(process.argv.slice(2))).catch(failed);
