import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import { isDeepStrictEqual } from "@rootward/pipeline/evals/equal";
import { isObject } from "@rootward/pipeline/evals/pointer";
import type { TrialEvidence } from "@rootward/pipeline/ports";

type Replayed = TrialEvidence["replayed"][number];

/** Answers tool calls of one trial from its cassette. */
export interface Replay {
  readonly calls: readonly Replayed[];
  /** `failed`: the recorded call had failed. */
  answer(tool: string, args: unknown): Replayed & { readonly failed: boolean };
  /** Whether some recording answers a call. */
  answers(tool: string, args: unknown): boolean;
  /** Counts a call that gets no answer, whatever is recorded. */
  miss(tool: string, args: unknown): void;
  /** Counts a call that the real tool answered. */
  live(tool: string, args: unknown, result: unknown): void;
}

/**
 * The ladder: a recording with equal arguments, then one whose recorded keys all have the given values, then (`match: sequence`) the next
 * unused call of that tool, which is counted as drift. Otherwise a miss. Each recording is used once before any is used again. A recorded
 * failure answers other arguments than its own only where the tool has no other recording: it may have failed because of them.
 */
export function newReplay(
  cassette: readonly RecordedCall[],
  match: "exact" | "args" | "sequence",
): Replay {
  const calls: Replayed[] = [];
  const used = new Set<RecordedCall>();
  const unusedFirst = (tool: string) => {
    const tape = cassette.filter((call) => call.tool === tool);
    return [...tape.filter((call) => !used.has(call)), ...tape.filter((call) => used.has(call))];
  };
  const find = (tool: string, args: unknown) => {
    const tape = unusedFirst(tool);
    const exact = tape.find((call) => isDeepStrictEqual(call.args, args));
    const partly = match === "exact" ? undefined : tape.find((call) => holds(call.args, args));
    const next = match === "sequence" ? (tape.find((call) => !call.failed) ?? tape[0]) : undefined;
    return { exact, partly, next, found: exact ?? partly ?? next };
  };
  return {
    calls,
    answers: (tool, args) => find(tool, args).found !== undefined,
    miss: (tool, args) => void calls.push({ tool, args, match: "miss", result: null }),
    live: (tool, args, result) => void calls.push({ tool, args, match: "live", result }),
    answer(tool, args) {
      const { exact, partly, next, found } = find(tool, args);
      if (found) used.add(found);
      const how = exact ? "exact" : partly ? "args" : next ? "sequence" : "miss";
      const replayed: Replayed = { tool, args, match: how, result: found?.result ?? null };
      calls.push(replayed);
      return { ...replayed, failed: found?.failed ?? false };
    },
  };
}

/** Whether every recorded argument has the same value in the call (which may carry more). */
function holds(recorded: unknown, given: unknown): boolean {
  if (!isObject(recorded) || !isObject(given)) return false;
  const entries = Object.entries(recorded);
  return (
    entries.length > 0 && entries.every(([key, value]) => isDeepStrictEqual(given[key], value))
  );
}
