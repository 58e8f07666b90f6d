import type { Config, ConfigProblem } from '../model/config.js';
import { adminTaken } from './check-addresses.js';
import { fillDefaults } from './defaults.js';
import { normalize } from './normalize.js';
import { formatPath, type Finding, type Path } from './problem.js';
import { recordIn } from './raw.js';
import { readFile, type Place, type ReadFile } from './read.js';
import { schema, type GatewayFile } from './schema.generated.js';
import { checkSemantics } from './semantics.js';
import { locate } from './tree.js';
import { validate } from './validate.js';

export type ParsedConfig =
  | { readonly kind: 'config'; readonly config: Config }
  | {
      readonly kind: 'invalid';
      /** As handed in: what the problems are prefixed with. */
      readonly file: string;
      /** What anybody may see of it, for showing a problem's line in its context. */
      readonly text: string;
      /** In the order of the file. */
      readonly problems: readonly ConfigProblem[];
      /** Number of further problems, left out. */
      readonly omitted: number;
    };

const mostProblems = 20;

/** What a file says, or everything that is wrong with it. Pure; never throws. */
export function parseConfig(bytes: Uint8Array, file: string): ParsedConfig {
  const read = readFile(bytes);
  if (!read.ok) return invalidFile(file, read);
  const { value } = read.tree;
  const effective = fillDefaults(schema, schema, value);
  const findings = [...validate(value), ...checkSemantics(value, effective)];
  if (findings.length > 0) return invalidValues(file, findings, read);
  const { admin, dns } = recordIn(value);
  const written = {
    adminAddress: recordIn(admin)['listen-addr'] !== undefined,
    adminTaken: adminTaken(recordIn(value), recordIn(effective)),
    dnsTimeout: recordIn(dns).timeout !== undefined,
  };
  // The schema has just vouched for the type that is generated from it.
  return { kind: 'config', config: normalize(effective as GatewayFile, written) };
}

/** Where a key of a valid file stands, or the nearest thing above it that is written. */
export function placeOf(bytes: Uint8Array, path: Path): Place {
  const read = readFile(bytes);
  return read.ok ? read.placeOf(locate(read.tree, path, 'value')) : { line: 1, column: 1 };
}

function invalidFile(
  file: string,
  { mistakes, shownText }: Extract<ReadFile, { ok: false }>,
): ParsedConfig {
  const problems = mistakes
    .slice(0, mostProblems)
    .map(({ path = [], ...mistake }) => ({ ...mistake, path: formatPath(path) }));
  const text = shownText();
  return { kind: 'invalid', file, text, problems, omitted: mistakes.length - problems.length };
}

type Located = Extract<ReadFile, { ok: true }>;

function invalidValues(
  file: string,
  findings: readonly Finding[],
  { tree, placeOf, shownText }: Located,
): ParsedConfig {
  const placed = inOrder(
    findings.map((finding) => ({ finding, offset: locate(tree, finding.path, finding.at) })),
  );
  const problems = placed.slice(0, mostProblems).map(({ finding, offset }) => ({
    ...placeOf(offset),
    path: formatPath(finding.path),
    ...finding.explain(),
  }));
  const text = shownText();
  return { kind: 'invalid', file, text, problems, omitted: placed.length - problems.length };
}

interface Placed {
  readonly finding: Finding;
  /** Index into the text. */
  readonly offset: number;
}

/** That of the file, but that a lacking key comes after unknown ones beside it: one may be that key, misspelt. */
function inOrder(placed: readonly Placed[]): readonly Placed[] {
  const lastUnknown = new Map<string, number>(); // offset, by the mapping's path
  for (const { finding, offset } of placed) {
    if (!finding.isUnknownKey) continue;
    const mapping = formatPath(finding.path.slice(0, -1));
    lastUnknown.set(mapping, Math.max(offset, lastUnknown.get(mapping) ?? 0));
  }
  const rank = ({ finding: { lacksIn }, offset }: Placed): number => {
    if (lacksIn === undefined) return offset;
    return Math.max(offset, (lastUnknown.get(formatPath(lacksIn)) ?? -1) + 0.5);
  };
  return placed
    .map((each) => ({ each, rank: rank(each) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ each }) => each);
}
