/**
 * Which unfailed runs a case is proven on: the latest, half of them from before the failures began, so that what the break did to runs that
 * did not fail of it cannot teach what is normal; where one side has too few, more of the other.
 *
 * @returns at most `most`, latest first
 */
export function cleanRuns<T>(
  runs: readonly T[],
  began: { readonly startedMs: (run: T) => number; readonly beganMs: number },
  most: number,
): readonly T[] {
  const { startedMs, beganMs } = began;
  const latest = runs.toSorted((a, b) => startedMs(b) - startedMs(a));
  const before = latest.filter((run) => startedMs(run) < beganMs);
  const after = latest.filter((run) => startedMs(run) >= beganMs);
  const half = Math.floor(most / 2);
  const fromAfter = Math.min(after.length, Math.max(half, most - before.length));
  return [...after.slice(0, fromAfter), ...before.slice(0, most - fromAfter)];
}
