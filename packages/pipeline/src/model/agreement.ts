import { wilson } from "./share.ts";

/** How well two who judged the same things agree. */
export interface Agreement {
  /** Share of the things on which they say the same. */
  readonly agreed: number;
  /** Cohen's kappa; null where it has no answer: nothing was judged, or both gave one and the same verdict to all. */
  readonly kappa: number | null;
  /** Its 95 % interval; null with it. */
  readonly interval: readonly [number, number] | null;
}

function shareOf<T>(verdicts: readonly T[], verdict: T): number {
  return verdicts.filter((one) => one === verdict).length / verdicts.length;
}

/**
 * Cohen's kappa of two lists of verdicts on the same things: agreement beyond what two judges with these habits reach by chance.
 *
 * @returns `kappa` and its 95 % interval: Wilson's of the agreement, with the chance as it was seen, cut to [-1, 1], so that agreement
 *          on everything still has a width; null for both where chance alone would agree always, or nothing was judged
 * @throws RangeError  if the lists differ in length
 * @source Cohen, Educ. Psychol. Meas. 20 (1960) 37; Wilson, JASA 22 (1927) 209
 */
export function kappaOf<T>(first: readonly T[], second: readonly T[]): Agreement {
  const n = first.length;
  if (n !== second.length)
    throw new RangeError(`${n} verdicts and ${second.length} on the same things`);
  if (n === 0) return { agreed: 0, kappa: null, interval: null };
  const count = first.filter((verdict, index) => verdict === second[index]).length;
  const agreed = count / n;
  const chance = [...new Set([...first, ...second])].reduce(
    (sum, verdict) => sum + shareOf(first, verdict) * shareOf(second, verdict),
    0,
  );
  if (chance >= 1) return { agreed, kappa: null, interval: null };
  const beyond = (share: number) => (share - chance) / (1 - chance);
  const [low, high] = wilson({ count, of: n });
  return {
    agreed,
    kappa: beyond(agreed),
    interval: [Math.max(-1, beyond(low)), Math.min(1, beyond(high))],
  };
}
