import type { Closure } from "../model/closure.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Override } from "../model/override.ts";
import type { Day } from "../model/time.ts";
import { dayMs } from "../model/time.ts";

/** A day on which something is known to have happened, and what that was. */
export interface SeenDay {
  readonly day: Day;
  readonly what: string;
}

/** Whoever writes a day writes that of a time zone, which may be a day ahead of UTC. */
const toleranceDays = 1;

/**
 * Whether the machine's calendar can be believed: it must not be earlier than what has happened already, or an override that expired
 * lives again. A file with a day to come looks the same, and no verdict is made of either.
 *
 * @param today  the machine's calendar day, UTC
 * @returns a sentence; null where nothing speaks against the clock, and where nothing is known
 */
export function clockProblem(today: Day, seen: readonly SeenDay[]): string | null {
  const latest = seen.reduce<SeenDay | null>(
    (newest, one) => (newest === null || one.day > newest.day ? one : newest),
    null,
  );
  const earliest = new Date(Date.parse(today) + toleranceDays * dayMs).toISOString().slice(0, 10);
  if (latest === null || latest.day <= earliest) return null;
  return `today is ${today} by the clock of this machine, and ${latest.what} on ${latest.day}: set the clock, or correct that date (${toleranceDays} day is allowed for time zones)`;
}

/** The days that the files of the folder name as past. */
export function daysOf(
  cases: readonly { readonly evalCase: EvalCase; readonly file: string }[],
  overrides: readonly Override[],
  closures: readonly Closure[],
): readonly SeenDay[] {
  return [
    ...cases.flatMap(({ evalCase: { provenance, validation, history = [] }, file }) => [
      { day: provenance.created.at, what: `${file} was created` },
      ...(validation ? [{ day: validation.at, what: `${file} was validated` }] : []),
      ...history.map(({ at }) => ({ day: at, what: `${file} has a history entry` })),
    ]),
    ...overrides.map(({ id, created }) => ({ day: created, what: `${id} was created` })),
    ...closures.map(({ id, closed }) => ({ day: closed, what: `${id} was closed` })),
  ];
}
