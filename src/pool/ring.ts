/** Bounds a ring's length, whatever the weights: shares are exact to about one in this many. */
const finestShare = 4096;

/** All with weight 0 share this part of the smallest other one: "a very small chance" of RFC 2782. */
const zeroShare = 0.01;

/**
 * Positive weights of the same proportions: those of 0 share one small part, or everything if all are
 * 0, as their `parts` say; by default evenly.
 */
export function withZeroShares(
  weights: readonly number[],
  parts: readonly number[] = weights.map(() => 1),
): readonly number[] {
  const positive = weights.filter((weight) => weight > 0);
  if (positive.length === weights.length) return weights;
  if (positive.length === 0) return parts;
  const least = positive.reduce((least, weight) => Math.min(least, weight));
  const partOf = (index: number): number => parts[index] ?? 0;
  const ofZeros = weights.reduce((sum, weight, index) => sum + (weight > 0 ? 0 : partOf(index)), 0);
  return weights.map((weight, index) => weight || (least * zeroShare * partOf(index)) / ofZeros);
}

/**
 * One turn of a weighted rotation: indices into `weights`, each as often as its weight asks, spread
 * evenly. Equal weights, zeros included, give each index once in order. Linear in its length.
 */
export function weightedRing(weights: readonly number[]): Uint32Array {
  if (weights.every((weight) => weight === weights[0])) return inOrder(weights.length);
  const slots = slotCounts(weights);
  const total = slots.reduce((sum, count) => sum + count, 0);
  const positions = new Float64Array(total);
  const owners = new Uint32Array(total);
  let filled = 0;
  slots.forEach((count, index) => {
    const phase = (index + 0.5) / weights.length;
    for (let turn = 0; turn < count; turn += 1) {
      positions[filled] = (turn + phase) / count;
      owners[filled] = index;
      filled += 1;
    }
  });
  return sortByPosition(owners, positions);
}

/** Most rotations, and the only ones with thousands of members. */
function inOrder(length: number): Uint32Array {
  return new Uint32Array(length).map((_, index) => index);
}

/** How often each weight occurs in one turn; at least once each. */
function slotCounts(weights: readonly number[]): number[] {
  const positive = withZeroShares(weights);
  const least = positive.reduce((least, weight) => Math.min(least, weight), Infinity);
  const shares = positive.map((weight) => weight / least);
  const whole = wholeMultiple(shares);
  const total = shares.reduce((sum, share) => sum + share * whole, 0);
  const longest = Math.max(finestShare, 4 * weights.length);
  const scale = total > longest ? (whole * longest) / total : whole;
  return shares.map((share) => Math.max(1, Math.round(share * scale)));
}

/** The smallest factor up to 100 that makes all shares whole; 100 where there is none. */
function wholeMultiple(shares: readonly number[]): number {
  for (let factor = 1; factor < 100; factor += 1) {
    if (shares.every((share) => isWhole(share * factor))) return factor;
  }
  return 100;
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-9 * Math.max(1, value);
}

/** Counting sort into as many buckets as there are entries; stable. */
function sortByPosition(owners: Uint32Array, positions: Float64Array): Uint32Array {
  const total = owners.length;
  const starts = new Uint32Array(total + 1);
  const bucketOf = (entry: number) =>
    Math.min(total - 1, Math.floor((positions[entry] ?? 0) * total));
  for (let entry = 0; entry < total; entry += 1) add(starts, bucketOf(entry) + 1, 1);
  for (let bucket = 0; bucket < total; bucket += 1) add(starts, bucket + 1, starts[bucket] ?? 0);
  const sorted = new Uint32Array(total);
  for (let entry = 0; entry < total; entry += 1) {
    const bucket = bucketOf(entry);
    const place = starts[bucket] ?? 0;
    sorted[place] = owners[entry] ?? 0;
    starts[bucket] = place + 1;
  }
  return sorted;
}

function add(counts: Uint32Array, index: number, amount: number): void {
  counts[index] = (counts[index] ?? 0) + amount;
}
