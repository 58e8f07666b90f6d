import { figures, seriesOf, type Figure } from './gauges.js';
import { leftOvers } from './rest.js';
import type { SoakReport } from './soak.js';
import { trend } from './trend.js';

/** How much a figure may surely have grown over the whole time. */
interface Tolerance {
  /** Of its median. */
  readonly share: number;
  /** Where the median is next to nothing. */
  readonly least: number;
}

/**
 * V8 goes on compiling for some seven minutes, which adds 1 to 2 MiB to the live heap, and the allocator goes
 * on spreading: over a short time, resident memory shows only what leaks fast. The short form shares the
 * machine with other tests, which delay the loop as well.
 */
function tolerated(overMs: number): Readonly<Record<Figure, Tolerance>> {
  const long = overMs >= 30 * 60_000;
  return {
    residentMib: { share: long ? 0.08 : 0.25, least: 8 },
    heapMib: { share: 0.15, least: 3 },
    otherFds: { share: 0, least: 4 },
    cpuPercent: { share: 0.5, least: 5 },
    loopDelayMs: { share: long ? 0.5 : 3, least: long ? 5 : 100 },
  };
}

/** What has grown, and what was not in order, a sentence each. */
export function judge(report: SoakReport): string[] {
  return [
    ...growing(report),
    ...leftOvers(report.before, report.after),
    ...report.violations.slice(0, 20),
  ];
}

/** A line for each figure. */
export function describeTrends({ samples }: SoakReport): string[] {
  return figures.map((figure) => {
    const { median, growth, surely } = trend(seriesOf(samples, figure));
    const [middle, most, least] = [median, growth, surely].map((n) => n.toFixed(2));
    return `${figure}: median ${middle}, growth ${most}, surely at least ${least}`;
  });
}

function growing({ samples }: SoakReport): string[] {
  const { gauges } = samples;
  const overMs = (gauges.at(-1)?.atMs ?? 0) - (gauges[0]?.atMs ?? 0);
  const tolerances = tolerated(overMs);
  return figures.flatMap((figure) => {
    const { median, surely } = trend(seriesOf(samples, figure));
    const { share, least } = tolerances[figure];
    const allowed = Math.max(share * median, least);
    if (surely <= allowed) return [];
    return [`${figure} has grown by at least ${surely.toFixed(2)}, ${allowed.toFixed(2)} may be`];
  });
}
