import { join } from 'node:path';

import { withProcess, type TestProcess } from './process.js';
import { program } from './program.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

/** Node has no unix datagram sockets. Prints each message as a line of JSON: its assignments. */
const receive = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('"bound"', flush=True)
while True:
    data = s.recv(65536).decode()
    if data != 'BARRIER=1': print(json.dumps(data.split('\\n')), flush=True)
`;

/** The receiving end of sd_notify(3). */
export class NotifySocket {
  readonly env: NodeJS.ProcessEnv;
  readonly #receiver: TestProcess;

  constructor(path: string, receiver: TestProcess) {
    this.env = { NOTIFY_SOCKET: path };
    this.#receiver = receiver;
  }

  /** Assignments of each message so far, less the process id that comes with all of them. */
  get messages(): string[][] {
    const [, ...lines] = this.#receiver.stdout.split('\n').slice(0, -1);
    const messages = lines.map((line) => JSON.parse(line) as string[]);
    return messages.map((message) => message.filter((text) => !text.startsWith('MAINPID=')));
  }

  /** The first message after the first `after` ones that has such an assignment, and its place. */
  async received(pattern: RegExp, after = 0): Promise<{ message: string[]; index: number }> {
    const find = (): { message: string[]; index: number } | undefined => {
      const { messages } = this;
      const index = messages.findIndex((m, i) => i >= after && m.some((t) => pattern.test(t)));
      return index === -1 ? undefined : { message: messages[index] ?? [], index };
    };
    return until(find, { what: `${String(pattern)} from the gateway`, timeoutMs: 10_000 });
  }
}

export async function withNotifySocket(scope: Scope): Promise<NotifySocket> {
  const path = join(await scope.tempDir(), 'notify.sock');
  const receiver = withProcess(scope, 'python3', ['-c', receive, path]);
  await until(() => receiver.stdout !== '', { what: 'the notify socket' });
  return new NotifySocket(path, receiver);
}

/**
 * Binds each of argv[1] (ports or paths, with a comma between them), and runs the rest with these
 * sockets as systemd passes them on; prints its process id. SIGUSR1: ends the program and runs it
 * again; SIGUSR2: kills it and runs it again; SIGTERM: ends it for good, with its exit code.
 */
const activate = `
import os, signal, socket, subprocess, sys
def bind(where):
    if where.isdigit():
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('127.0.0.1', int(where)))
    else:
        s = socket.socket(socket.AF_UNIX)
        s.bind(where)
    s.listen(128)
    return s
sockets = [bind(where) for where in sys.argv[1].split(',')]
fds = list(range(3, 3 + len(sockets)))
for fd, s in zip(fds, sockets):
    if s.fileno() != fd: os.dup2(s.fileno(), fd)
    os.set_inheritable(fd, True)
names = ':'.join(['main'] * len(fds))
pass_on = f'LISTEN_PID=$$ LISTEN_FDS={len(fds)} LISTEN_FDNAMES={names} exec "$@"'
signals = {signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGCHLD}
def run():
    child = subprocess.Popen(['/bin/sh', '-c', pass_on, 'sh', *sys.argv[2:]], pass_fds=fds,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, signals))
    print(child.pid, flush=True)
    return child
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
child = run()
while True:
    got = signal.sigwait(signals)
    if got == signal.SIGCHLD and child.poll() is None: continue
    if got == signal.SIGUSR2: child.kill()
    elif got != signal.SIGCHLD: child.terminate()
    code = child.wait()
    if got in (signal.SIGTERM, signal.SIGCHLD): sys.exit(code)
    child = run()
`;

/** Runs the gateway under one that holds its listeners: `where` are ports or sockets' paths. */
export function withActivation(
  scope: Scope,
  where: number | string | readonly (number | string)[],
  configFile: string,
): TestProcess {
  const gateway = [process.execPath, program, 'start', '--config', configFile];
  const activator = withProcess(scope, 'python3', ['-c', activate, String(where), ...gateway]);
  scope.defer(async () => activator.stop('SIGTERM'));
  return activator;
}
