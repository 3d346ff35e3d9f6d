import { dayMs } from "./faults.ts";
import type { Random } from "./random.ts";

/** How busy an hour of the day is, in UTC: offices of one continent, few requests at night. */
const hourWeights = [
  2, 1, 1, 1, 1, 2, 4, 7, 10, 11, 11, 10, 8, 9, 11, 11, 10, 8, 6, 5, 4, 3, 3, 2,
] as const;
const weekendShare = 0.45;
const hourMs = 3_600_000;

/** Start times of so many runs within the window, earliest first: daily and weekly rhythm, on every day at least one. */
export function startTimes(
  window: { readonly startMs: number; readonly endMs: number },
  count: number,
  random: Random,
): number[] {
  const times: number[] = [];
  for (let day = window.startMs; day < window.endMs && times.length < count; day += dayMs) {
    times.push(day + random.next() * Math.min(dayMs, window.endMs - day));
  }
  const heaviest = Math.max(...hourWeights);
  while (times.length < count) {
    const at = window.startMs + random.next() * (window.endMs - window.startMs);
    if (random.next() * heaviest < weightAt(at)) times.push(at);
  }
  return times.toSorted((left, right) => left - right);
}

function weightAt(ms: number): number {
  const hour = hourWeights[Math.floor((ms % dayMs) / hourMs)] ?? 1;
  const weekday = new Date(ms).getUTCDay();
  return weekday === 0 || weekday === 6 ? hour * weekendShare : hour;
}
