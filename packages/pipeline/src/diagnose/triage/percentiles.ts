/** Where a value stands among others. */
export interface Place {
  /** Share of smaller values, equal ones counting half: in (0, 1), 0.5 where all are equal. */
  readonly percentile: number;
  /** Share of smaller values: in [0, 1). */
  readonly below: number;
}

/**
 * The place of each value among all of them, by mid-ranks, in the order of the input; nothing of nothing.
 *
 * @source diagnosis.md B5.4
 */
export function placesAmong(values: readonly number[]): readonly Place[] {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const known = new Map<number, Place>();
  for (let start = 0; start < n;) {
    const value = sorted[start] ?? 0;
    let end = start;
    while (end < n && sorted[end] === value) end += 1;
    known.set(value, { percentile: (start + (end - start) / 2) / n, below: start / n });
    start = end;
  }
  return values.map((value) => known.get(value) ?? { percentile: 0.5, below: 0 });
}

/** Mid-rank percentiles alone. */
export function midRanks(values: readonly number[]): readonly number[] {
  return placesAmong(values).map(({ percentile }) => percentile);
}
