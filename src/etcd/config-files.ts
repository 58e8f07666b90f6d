import type { Config, GatewayConfig, TlsFiles } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import { checkCertificates } from './pem.js';
import { readSmallFile } from './small-file.js';
import { tlsFileProblems } from './tls-files.js';
import { readTrustedRoots } from './trusted-roots.js';

/** A file that the configuration names and this process cannot use. */
export interface UnusableFile {
  /** Of the key that names it. */
  readonly path: readonly string[];
  /** Names key and file again: it is for people. */
  readonly reason: string;
}

/** Looks at each file that a configuration names, as those who use it will. Never rejects. */
export async function unusableFiles({ gateways, admin }: Config): Promise<readonly UnusableFile[]> {
  const seen = new Map<string, Promise<readonly UnusableFile[]>>();
  const found: UnusableFile[] = [];
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
  readonly look: () => Promise<readonly UnusableFile[]>;
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
  return [fileUse(['admin'], 'token-file', tokenFile, readSmallFile)];
}

function tlsUse(path: readonly string[], files: TlsFiles): Use {
  const look = async (): Promise<readonly UnusableFile[]> =>
    [...(await tlsFileProblems(files))].map(([key, reason]) => ({ path: [key], reason }));
  return { path, content: [files.caFile, files.certFile, files.keyFile], look };
}

function fileUse(
  path: readonly string[],
  key: string,
  file: string,
  read: (key: string, file: string) => Promise<unknown>,
): Use {
  const look = (): Promise<readonly UnusableFile[]> =>
    read(key, file).then(
      () => [],
      (error: unknown) => [{ path: [key], reason: errorMessage(error) }],
    );
  return { path, content: [key, file], look };
}

async function readAuthorities(key: string, file: string): Promise<void> {
  checkCertificates(key, file, (await readTrustedRoots(key, file)) ?? '');
}
