/**
 * Mid-rank percentiles: for each value the share of values that are smaller, equal ones counting half.
 *
 * @returns in (0, 1), in the order of the input; 0.5 each where all are equal; nothing of nothing
 * @source diagnosis.md B5.4
 */
export function midRanks(values: readonly number[]): readonly number[] {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const known = new Map<number, number>();
  for (let start = 0; start < n;) {
    const value = sorted[start] ?? 0;
    let end = start;
    while (end < n && sorted[end] === value) end += 1;
    known.set(value, (start + (end - start) / 2) / n);
    start = end;
  }
  return values.map((value) => known.get(value) ?? 0.5);
}
