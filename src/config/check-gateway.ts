import { checkOrder } from './check-order.js';
import type { Finding, Path } from './problem.js';
import { listIn, recordIn, textIn, type RawRecord } from './raw.js';

/** Contradictions within one gateway. */
export function checkGateway(
  path: Path,
  written: RawRecord,
  effective: RawRecord,
): readonly Finding[] {
  return [
    ...checkSources(path, written),
    ...checkMembers([...path, 'member-discovery'], recordIn(written['member-discovery'])),
    ...checkHealth(
      [...path, 'health-check'],
      recordIn(written['health-check']),
      recordIn(effective['health-check']),
    ),
  ];
}

/** Somebody must say where etcd is. Keys of a discovery that is not there do no harm, as in etcd. */
function checkSources(path: Path, gateway: RawRecord): readonly Finding[] {
  const endpoints = gateway.endpoints;
  const hasEndpoints = endpoints !== undefined && listIn(endpoints).length > 0;
  const hasDomain = textIn(gateway['discovery-srv']) !== undefined;
  const hasMembers = gateway['member-discovery'] !== undefined;
  if (hasEndpoints || hasDomain || isMistyped(endpoints)) return [];
  const nowhere = hasMembers
    ? finding(
        [...path, 'member-discovery'],
        'there is no endpoint to ask',
        'write endpoints or discovery-srv beside it',
      )
    : finding(
        path,
        'there is no endpoint',
        'write endpoints: [host:2379] or discovery-srv: example.com',
      );
  return [{ ...nowhere, lacksIn: path }];
}

/** Reported by the schema already. */
function isMistyped(endpoints: unknown): boolean {
  return endpoints !== undefined && !Array.isArray(endpoints);
}

function checkMembers(path: Path, members: RawRecord): readonly Finding[] {
  return [
    ...checkPair(path, members, 'username', 'password-file'),
    ...checkTls([...path, 'tls'], recordIn(members.tls)),
  ];
}

function checkHealth(path: Path, written: RawRecord, effective: RawRecord): readonly Finding[] {
  return [
    ...checkOrder(path, written, effective, 'timeout', 'interval'),
    ...checkTls([...path, 'tls'], recordIn(written.tls)),
  ];
}

function checkTls(path: Path, tls: RawRecord): readonly Finding[] {
  return checkPair(path, tls, 'cert-file', 'key-file');
}

/** Both or neither. */
function checkPair(path: Path, values: RawRecord, one: string, two: string): readonly Finding[] {
  const hasOne = values[one] !== undefined;
  if (hasOne === (values[two] !== undefined)) return [];
  const [present, absent] = hasOne ? [one, two] : [two, one];
  const what = `it does nothing without ${absent}`;
  const alone = finding([...path, present], what, `write ${absent} beside it`);
  return [{ ...alone, lacksIn: path }];
}

function finding(path: Path, what: string, hint: string): Finding {
  return { path, at: 'key', explain: () => ({ what, hint }) };
}
