/* Latencies in log-linear buckets, 64 to each power of two: percentiles are right to 1.6 %. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 64 * 64 };

struct histogram {
  uint64_t buckets[HISTOGRAM_BUCKETS], count, longest_ns;
};

static inline unsigned bucket_of(uint64_t ns) {
  if (ns < 64) return (unsigned)ns;
  unsigned exponent = 63u - (unsigned)__builtin_clzll(ns);
  return (exponent - 5) * 64 + (unsigned)(ns >> (exponent - 6) & 63);
}

static inline double bucket_floor_us(unsigned bucket) {
  if (bucket < 64) return bucket / 1e3;
  return (double)((uint64_t)(64 + bucket % 64) << (bucket / 64 - 1)) / 1e3;
}

static inline void histogram_add(struct histogram *h, uint64_t ns) {
  h->buckets[bucket_of(ns)]++;
  h->count++;
  if (ns > h->longest_ns) h->longest_ns = ns;
}

/* `share` of 0.99 gives p99. */
static inline double percentile_us(const struct histogram *h, double share) {
  uint64_t below = 0, wanted = (uint64_t)((double)h->count * share);
  for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
    below += h->buckets[i];
    if (below > wanted) return bucket_floor_us(i);
  }
  return (double)h->longest_ns / 1e3;
}

#endif
