import { errorMessage, GatewayError } from '../model/errors.js';
import type { ReloadOptions } from './arguments.js';
import type {
  AppliedVerdict,
  Preview,
  RejectedVerdict,
  UnchangedVerdict,
  Verdict,
} from '../model/plan.js';
import { formatProblem } from '../model/problem.js';
import {
  adminName,
  askAdmin,
  order,
  parseBody,
  readable,
  type AdminAnswer,
  type AdminTarget,
} from './admin-client.js';
import { formatPlan } from './plan-text.js';
import { painter, plain, plainLines, standardTerminal, type Terminal } from './terminal.js';

const answerTimeoutMs = 30_000;

/** So long ago a change is still what the user means. */
const recentMs = 10_000;

/** Asks a running gateway to reload. 0: applied or unchanged; 1: rejected or not reached. */
export async function run(options: ReloadOptions, terminal = standardTerminal): Promise<number> {
  try {
    if (options.dryRun) return await preview(options, terminal);
    const answer = await askAdmin(options, 'POST', '/api/v1/reload', answerTimeoutMs);
    const verdict = readVerdict(answer, options);
    const text = plainLines(readable(options, () => formatVerdict(verdict, terminal)));
    if (verdict.outcome !== 'rejected') terminal.out(text);
    else terminal.err(text);
    for (const warning of verdict.warnings ?? []) terminal.err(`warning: ${plain(warning)}\n`);
    return verdict.outcome === 'rejected' ? 1 : 0;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    terminal.err(`${plain(errorMessage(error))}\n`);
    return 1;
  }
}

/** 0: it could be told what would change; 1: a reload would be rejected. */
async function preview(options: AdminTarget, terminal: Terminal): Promise<number> {
  const told = await order<Preview>(options, '/api/v1/reload/dry-run', answerTimeoutMs);
  const isRejected = told.outcome === 'rejected';
  const text = readable(options, () => plainLines(formatPreview(told, terminal)));
  if (isRejected) terminal.err(text);
  else terminal.out(text);
  return isRejected ? 1 : 0;
}

function formatPreview(preview: Preview, terminal: Terminal): string {
  if (preview.outcome === 'rejected') {
    const { source, reason, problems } = preview;
    const lines = problems.map((problem) => formatProblem(source, problem));
    const why = problems.length === 0 ? `${source}: ${reason}` : reason;
    return [...lines, `would be rejected: ${why}`].map((line) => `${plain(line)}\n`).join('');
  }
  if (!preview.plan) return 'nothing would change\n';
  return `would change:\n${formatPlan(preview.plan, painter(terminal))}`;
}

function readVerdict({ status, body }: AdminAnswer, options: AdminTarget): Verdict {
  const verdict = parseBody(body);
  if ((status === 200 || status === 422) && isVerdict(verdict)) return verdict;
  const name = adminName(options);
  const told = statusTexts.get(status) ?? `it answered ${status}: ${body.trim().slice(0, 200)}`;
  throw new GatewayError(`the gateway at ${name} took no reload: ${told}`, {
    code: `HTTP${status}`,
    side: 'system',
  });
}

const statusTexts = new Map([
  [
    403,
    'over TCP it needs a token (set admin.token-file and give --token-file, or use a unix: socket, or send SIGHUP)',
  ],
  [401, "the token is missing or wrong (give the gateway's admin.token-file with --token-file)"],
]);

function isVerdict(value: unknown): value is Verdict {
  if (typeof value !== 'object' || value === null || !('outcome' in value)) return false;
  return ['applied', 'unchanged', 'rejected'].includes(String(value.outcome));
}

function formatVerdict(verdict: Verdict, terminal: Terminal): string {
  switch (verdict.outcome) {
    case 'applied':
      return formatApplied(verdict, terminal);
    case 'unchanged':
      return formatUnchanged(verdict, terminal);
    case 'rejected':
      return formatRejected(verdict);
  }
}

/** Who edits a watched file and asks at once is told what the watch has just made of it. */
function formatUnchanged(verdict: UnchangedVerdict, terminal: Terminal): string {
  const { generation, lastApplied, atMs } = verdict;
  const head = `unchanged: generation ${generation} runs what is written\n`;
  if (!lastApplied || generation === 1 || atMs - lastApplied.atMs > recentMs) return head;
  const seconds = ((atMs - lastApplied.atMs) / 1_000).toFixed(1);
  const when = `applied ${seconds} s ago, asked for by: ${plain(lastApplied.trigger)}\n`;
  return head + when + formatPlan(lastApplied.plan, painter(terminal));
}

function formatApplied(verdict: AppliedVerdict, terminal: Terminal): string {
  const { generation, durationMs, sessionsDraining, plan } = verdict;
  const sessions = sessionsDraining === 1 ? 'session' : 'sessions';
  const draining = sessionsDraining > 0 ? `, ${sessionsDraining} ${sessions} draining` : '';
  const head = `applied generation ${generation} in ${Math.ceil(durationMs)} ms${draining}\n`;
  return head + formatPlan(plan, painter(terminal));
}

function formatRejected({ at, source, reason, problems, retryInMs }: RejectedVerdict): string {
  const lines = problems.map((problem) => formatProblem(source, problem));
  const isUnread = at === 'configuration' && problems.length === 0;
  const why = isUnread ? `${source}: ${reason}` : reason;
  const again = retryInMs === undefined ? '' : ', and it is tried again by itself';
  return [...lines, `rejected: ${why}; what ran before runs on${again}`]
    .map((line) => `${plain(line)}\n`)
    .join('');
}
