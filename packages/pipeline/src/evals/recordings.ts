import type { EvalCase } from "../model/evalcase.ts";
import { policy } from "../model/policy.ts";
import type { Day } from "../model/time.ts";
import { dayMs } from "../model/time.ts";
import type { RecordedCall } from "./cassette.ts";

/** How old the recordings of a case are: since it was made, or since its history says that they were recorded anew. */
export interface RecordingAge {
  readonly case: string;
  readonly recordedOn: Day;
  readonly days: number;
}

/** Null for a case without recordings. */
export function recordingAge(evalCase: EvalCase, today: Day): RecordingAge | null {
  if (evalCase.environment?.cassette === undefined) return null;
  const anew = (evalCase.history ?? []).filter(({ change }) => /\brecord/i.test(change));
  const recordedOn =
    [evalCase.provenance.created.at, ...anew.map(({ at }) => at)].toSorted().at(-1) ?? today;
  const days = Math.round((Date.parse(today) - Date.parse(recordedOn)) / dayMs);
  return { case: evalCase.id, recordedOn, days };
}

/**
 * What speaks against trusting recordings: their age, and definitions of tools that are others now than when they were recorded.
 *
 * @param schemas  the hash of each tool's definition as the agent has it now, or its beginning, by tool; a tool that is not in it says nothing
 * @source evals.md 6.5
 */
export function staleRecordings(
  evalCase: EvalCase,
  calls: readonly RecordedCall[],
  schemas: Readonly<Record<string, string>>,
  today: Day,
): readonly string[] {
  const age = recordingAge(evalCase, today);
  const most = policy("recordingDaysMost");
  const others = calls.filter(({ tool, schema_sha256: then }) => {
    const now = schemas[tool];
    return then !== undefined && now !== undefined && !then.startsWith(now);
  });
  const tools = [...new Set(others.map(({ tool }) => tool))];
  return [
    ...(age !== null && age.days > most
      ? [
          `${evalCase.id}: its recordings are ${age.days} days old (${most} at most): record them anew`,
        ]
      : []),
    ...(tools.length > 0
      ? [
          `${evalCase.id}: ${tools.join(", ")} had another definition when it was recorded: record it anew`,
        ]
      : []),
  ];
}
