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

/** Node writes a report from its event loop only. */
const spins = 'gave no report: it spins in a loop that never waits';

const marker = '{"header":';

/** Takes a diagnostic report out of the output of a process that was asked for one. */
export function splitReport(output: string): { readonly rest: string; readonly why: string[] } {
  const start = output.lastIndexOf(marker);
  if (start === -1) return { rest: output, why: [spins] };
  const end = output.indexOf('\n', start);
  const json = output.slice(start, end === -1 ? undefined : end);
  const rest = output.slice(0, start) + (end === -1 ? '' : output.slice(end + 1));
  return { rest, why: explain(json) };
}

function explain(json: string): string[] {
  try {
    const report = JSON.parse(json) as DiagnosticReport;
    return (report.libuv ?? []).filter(keepsAlive).map(describe);
  } catch (error) {
    return [`its diagnostic report is not readable: ${String(error)}`];
  }
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
