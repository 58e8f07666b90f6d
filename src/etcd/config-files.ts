import type { Config, GatewayConfig, TlsFiles } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import { isOpenToAll, readSmallFile, readToken } from '../model/small-file.js';
import { checkCertificates } from './pem.js';
import { tlsFileProblems } from './tls-files.js';
import { readTrustedRoots } from './trusted-roots.js';

/** What is wrong with a file that the configuration names. */
export interface FileProblem {
  /** Of the key that names it. */
  readonly path: readonly string[];
  /** `unusable`: this process cannot use it; `open`: everybody may write it. */
  readonly kind: 'unusable' | 'open';
  /** Names key and file again: it is for people. */
  readonly reason: string;
}

/** Looks at each file that a configuration names, as those who use it will. Never rejects. */
export async function fileProblems({ gateways, admin }: Config): Promise<readonly FileProblem[]> {
  const seen = new Map<string, Promise<readonly FileProblem[]>>();
  const found: FileProblem[] = [];
  for (const { path, content, look } of [...gateways.flatMap(usesOf), ...tokenUse(admin)]) {
    // A thousand gateways may name the same files.
    const key = JSON.stringify(content);
    const problems = seen.get(key) ?? look();
    seen.set(key, problems);
    for (const each of await problems) found.push({ ...each, path: [...path, ...each.path] });
  }
  return found;
}

interface Use {
  readonly path: readonly string[];
  /** Uses of the same content have the same problems. */
  readonly content: readonly unknown[];
  /** Paths begin below that of the use. */
  readonly look: () => Promise<readonly FileProblem[]>;
}

function usesOf({ name, srvDiscovery, memberDiscovery, settings }: GatewayConfig): Use[] {
  const at = (...path: string[]): string[] => ['gateways', name, ...path];
  const { type, tls } = settings.healthCheck;
  const isChecked = type === 'tls' || type === 'etcd';
  const passwordFile = memberDiscovery?.passwordFile;
  const trusted = srvDiscovery?.insecure === false ? srvDiscovery.trustedCaFile : undefined;
  return [
    ...(isChecked && tls ? [tlsUse(at('health-check', 'tls'), tls)] : []),
    ...(memberDiscovery?.tls ? [tlsUse(at('member-discovery', 'tls'), memberDiscovery.tls)] : []),
    ...(passwordFile === undefined
      ? []
      : [fileUse(at('member-discovery'), 'password-file', passwordFile, readSmallFile)]),
    ...(trusted === undefined ? [] : [fileUse(at(), 'trusted-ca-file', trusted, readAuthorities)]),
  ];
}

function tokenUse({ listen, tokenFile }: Config['admin']): Use[] {
  if (listen === undefined || tokenFile === undefined) return [];
  return [fileUse(['admin'], 'token-file', tokenFile, readToken)];
}

function tlsUse(path: readonly string[], files: TlsFiles): Use {
  const named = { 'ca-file': files.caFile, 'cert-file': files.certFile, 'key-file': files.keyFile };
  const look = async (): Promise<readonly FileProblem[]> => {
    const unusable = [...(await tlsFileProblems(files))].map(([key, reason]) => ({
      ...{ path: [key], kind: 'unusable' as const, reason },
    }));
    const open = Object.entries(named).map(([key, file]) => openToAll(key, file));
    return [...unusable, ...(await Promise.all(open)).flat()];
  };
  return { path, content: Object.values(named), look };
}

function fileUse(
  path: readonly string[],
  key: string,
  file: string,
  read: (key: string, file: string) => Promise<unknown>,
): Use {
  const look = async (): Promise<readonly FileProblem[]> => {
    const unusable = await read(key, file).then(
      () => [],
      (error: unknown) => [{ path: [key], kind: 'unusable' as const, reason: errorMessage(error) }],
    );
    return [...unusable, ...(await openToAll(key, file))];
  };
  return { path, content: [key, file], look };
}

async function openToAll(key: string, file: string | undefined): Promise<readonly FileProblem[]> {
  if (file === undefined || !(await isOpenToAll(file))) return [];
  const reason = `${key} ${file} may be written by everybody (chmod o-w ${file})`;
  return [{ path: [key], kind: 'open', reason }];
}

async function readAuthorities(key: string, file: string): Promise<void> {
  checkCertificates(key, file, (await readTrustedRoots(key, file)) ?? '');
}
