import fc from 'fast-check';

export type SideName = 'client' | 'endpoint';

/** What happens next. A script is a line for each: `client write 100`. */
export type Step =
  | { readonly side: SideName; readonly does: 'write'; readonly bytes: number }
  | { readonly side: SideName; readonly does: 'pause' | 'resume' | 'end' | 'reset' }
  | { readonly side: 'gateway'; readonly does: 'turn' | 'settle' | 'reload' };

const sides = fc.constantFrom<SideName>('client', 'endpoint');

/** More than the kernel takes for a stalled reader, which on Linux is some 4 MB. */
const overfull = 6_000_000;

/** Around what one read takes (64 KiB), and so much that a stalled reader is felt. */
const sizes = fc.constantFrom(1, 100, 4_096, 5_000, 65_536, 65_537, 300_000, overfull);

export const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ side: sides, does: fc.constant('write' as const), bytes: sizes }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ side: sides, does: fc.constantFrom('pause', 'resume', 'end', 'reset') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      side: fc.constant('gateway' as const),
      does: fc.constantFrom('turn', 'turn', 'settle', 'reload'),
    }),
  },
);

export const scripts = fc
  .array(steps, { maxLength: 16 })
  .map((all) => Buffer.from(all.map(formatStep).join('\n')));

export function formatStep(step: Step): string {
  return step.does === 'write' ? `${step.side} write ${step.bytes}` : `${step.side} ${step.does}`;
}

const largestWrite = 8_000_000;

/** Lines that say nothing are passed over: a damaged script is a script. */
export function parseScript(text: string): readonly Step[] {
  return text.split('\n').flatMap((line) => parseStep(line.trim()) ?? []);
}

/** Undefined: the line says nothing. */
export function parseStep(line: string): Step | undefined {
  const [, side, does, bytes] =
    /^(client|endpoint) (write|pause|resume|end|reset)(?: ([1-9]\d{0,6}))?$/.exec(line) ?? [];
  if (side === 'client' || side === 'endpoint') {
    if (does === 'write') return { side, does, bytes: Math.min(Number(bytes ?? 1), largestWrite) };
    if (does === 'pause' || does === 'resume' || does === 'end' || does === 'reset')
      return { side, does };
  }
  const [, what] = /^gateway (turn|settle|reload)$/.exec(line) ?? [];
  if (what === 'turn' || what === 'settle' || what === 'reload')
    return { side: 'gateway', does: what };
  return undefined;
}
