import type { UnixMillis } from "../model/time.ts";
import { dayMs } from "../model/time.ts";
import { noDays, withDays } from "./dispersion.ts";
import type { DayPart, DaySums } from "./dispersion.ts";

/** One reading in its place in time. `value` is the graded reading, where the signal has one. */
export interface Observation {
  readonly atMs: UnixMillis;
  readonly good: boolean;
  readonly value: number | null;
  /** Whose runs are not independent of one another; null: of none. */
  readonly session: string | null;
}

/** The readings of one session within a window count as one: their mean. */
interface Shared {
  readonly n: number;
  readonly good: number;
  readonly value: number;
  /** Where it stands in `parts` and `values`. */
  readonly part: number;
  readonly at: number;
}

/** A window that fills up. JSON as it stands. */
export interface Window {
  readonly runs: number;
  /** Readings, those of one session together as one. */
  readonly n: number;
  readonly parts: readonly (DayPart & { readonly values: number })[];
  readonly values: readonly number[];
  readonly sessions: Readonly<Record<string, Shared>>;
}

/** What a window becomes a reference with: sums by day, of shares and of values, and the values in ascending order. */
export interface Level {
  readonly days: DaySums;
  readonly graded: DaySums;
  readonly values: readonly number[];
}

export const noLevel: Level = { days: noDays, graded: noDays, values: [] };

interface OpenWindow {
  runs: number;
  n: number;
  readonly parts: { day: number; n: number; good: number; values: number }[];
  readonly values: number[];
  readonly sessions: Record<string, Shared>;
}

export function emptyWindow(): Window & OpenWindow {
  return { runs: 0, n: 0, parts: [], values: [], sessions: {} };
}

/** How a reading weighs: the `n`-th of its session within the window, whose earlier ones had the mean `before`. */
export interface Weight {
  readonly n: number;
  readonly before: number;
}

/**
 * Adds a reading to a window. A further one of a session moves that session's mean, so that a session counts once however long
 * it is. @returns how the reading weighs
 */
export function addTo(window: OpenWindow, { atMs, good, value, session }: Observation): Weight {
  window.runs += 1;
  const key = session === null ? null : `s:${session}`;
  const shared = key === null ? undefined : window.sessions[key];
  if (key === null || shared === undefined) {
    const part = addNew(window, { atMs, good, value });
    if (key !== null) {
      const at = value === null ? -1 : window.values.length - 1;
      window.sessions[key] = { n: 1, good: good ? 1 : 0, value: value ?? 0, part, at };
    }
    return { n: 1, before: 0 };
  }
  const n = shared.n + 1;
  const goodStep = ((good ? 1 : 0) - shared.good) / n;
  const valueStep = value === null ? 0 : (value - shared.value) / n;
  window.sessions[key] = {
    ...shared,
    n,
    good: shared.good + goodStep,
    value: shared.value + valueStep,
  };
  const part = window.parts[shared.part];
  if (part) [part.good, part.values] = [part.good + goodStep, part.values + valueStep];
  if (value !== null && shared.at >= 0) window.values[shared.at] = shared.value + valueStep;
  return { n, before: shared.good };
}

function addNew(window: OpenWindow, { atMs, good, value }: Omit<Observation, "session">): number {
  window.n += 1;
  const day = Math.floor(atMs / dayMs);
  if (window.parts.at(-1)?.day !== day) window.parts.push({ day, n: 0, good: 0, values: 0 });
  const part = window.parts.at(-1);
  if (part) {
    part.n += 1;
    part.good += good ? 1 : 0;
    part.values += value ?? 0;
  }
  if (value !== null) window.values.push(value);
  return window.parts.length - 1;
}

/** The values of a window by day, summed in the place of what is good; none where the signal has no values. */
export function gradedParts({
  parts,
  values,
}: Pick<Window, "parts" | "values">): readonly DayPart[] {
  return values.length === 0 ? [] : parts.map(({ day, n, values: sum }) => ({ day, n, good: sum }));
}

/** A reference with a window's readings in it. */
export function levelWith(level: Level, window: Pick<Window, "parts" | "values">): Level {
  return {
    days: withDays(level.days, window.parts),
    graded: withDays(level.graded, gradedParts(window)),
    values: [...level.values, ...window.values].sort((a, b) => a - b),
  };
}

/** A reference made of readings, in windows of `size`, so that sessions count in it as they will in what is compared with it. */
export function levelOfReadings(readings: readonly Observation[], size: number): Level {
  let level = noLevel;
  let window = emptyWindow();
  for (const reading of readings) {
    addTo(window, reading);
    if (window.n < size) continue;
    level = levelWith(level, window);
    window = emptyWindow();
  }
  return window.n > 0 ? levelWith(level, window) : level;
}
