import fc from 'fast-check';

import { formatStep, parseStep, steps, type Step } from './script.js';

/** What happens next, and in which session. */
export interface CrowdStep {
  /** Sessions are counted from 0, and round. */
  readonly who: number | 'all';
  readonly step: Step;
}

/**
 * Sessions beside each other. A script begins with how many there are; a line for each step says
 * whose it is: `7 client write 100`, `all endpoint end`. One that says nothing of that is of all.
 */
export interface CrowdScript {
  readonly sessions: number;
  readonly steps: readonly CrowdStep[];
}

/** More than the relay lets wait in one turn of the loop (64 chunks). */
const mostSessions = 70;

/** What all of them write at a time: small enough to wait for the end of the turn, and just not. */
const sizes = fc.constantFrom(1, 100, 4_096, 4_097);

const ofAll: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      side: fc.constantFrom('client', 'endpoint'),
      does: fc.constant('write' as const),
      bytes: sizes,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      side: fc.constantFrom('client', 'endpoint'),
      does: fc.constantFrom('pause', 'resume', 'end', 'reset'),
    }),
  },
);

const crowdSteps: fc.Arbitrary<CrowdStep> = fc.oneof(
  fc.record({ who: fc.constant('all' as const), step: ofAll }),
  fc.record({ who: fc.nat({ max: mostSessions - 1 }), step: steps }),
);

export const crowdScripts = fc
  .record({
    sessions: fc.constantFrom(2, 5, mostSessions),
    steps: fc.array(crowdSteps, { maxLength: 24 }),
  })
  .map(({ sessions, steps: all }) =>
    Buffer.from([`sessions ${sessions}`, ...all.map(formatCrowdStep)].join('\n')),
  );

function formatCrowdStep({ who, step }: CrowdStep): string {
  return step.side === 'gateway' ? formatStep(step) : `${who} ${formatStep(step)}`;
}

/** Lines that say nothing are passed over: a damaged script is a script. */
export function parseCrowdScript(text: string): CrowdScript {
  const [head = '', ...lines] = text.split('\n');
  const [, count] = /^sessions (\d{1,3})$/.exec(head.trim()) ?? [];
  return {
    sessions: Math.min(Math.max(Number(count ?? 2), 1), mostSessions),
    steps: lines.flatMap((line) => parseCrowdStep(line.trim()) ?? []),
  };
}

function parseCrowdStep(line: string): CrowdStep | undefined {
  const [, who = 'all', rest = ''] = /^(?:(\d{1,2}|all) )?(.*)$/.exec(line) ?? [];
  const step = parseStep(rest);
  return step && { who: who === 'all' ? who : Number(who), step };
}
