import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a diagnostic report of Node says about why a process is still there. */
interface DiagnosticReport {
  readonly libuv?: readonly LibuvHandle[];
}

interface LibuvHandle {
  readonly type: string;
  readonly is_active: boolean;
  readonly is_referenced?: boolean;
  readonly localEndpoint?: Peer | null;
  readonly remoteEndpoint?: Peer | null;
  readonly pid?: number;
  readonly filename?: string;
  readonly repeat?: number;
}

interface Peer {
  readonly host?: string;
  readonly port?: number;
}

/** Makes Node write a report into this directory when the process is sent SIGUSR2. */
export function reportFlags(dir: string): string[] {
  return [
    '--report-on-signal',
    '--report-signal=SIGUSR2',
    `--report-directory=${dir}`,
    `--report-filename=${fileName}`,
    '--report-exclude-network',
  ];
}

const fileName = 'report.json';

/** What keeps the event loop of the process alive that was asked for a report. */
export async function readReport(dir: string): Promise<string[]> {
  const text = await readFile(join(dir, fileName), 'utf8').catch(() => undefined);
  if (text === undefined) return ['gave no report: it spins in a loop that never waits'];
  const report = JSON.parse(text) as DiagnosticReport;
  return (report.libuv ?? []).filter(keepsAlive).map(describe);
}

function keepsAlive(handle: LibuvHandle): boolean {
  return handle.is_active && handle.is_referenced === true && handle.type !== 'loop';
}

function describe(handle: LibuvHandle): string {
  const parts = [
    `open ${handle.type}`,
    endpoint('local', handle.localEndpoint),
    endpoint('remote', handle.remoteEndpoint),
    handle.pid === undefined ? '' : `pid ${handle.pid}`,
    handle.filename ?? '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function endpoint(side: string, peer: Peer | null | undefined): string {
  return peer?.port === undefined ? '' : `${side} ${peer.host ?? ''}:${peer.port}`;
}
