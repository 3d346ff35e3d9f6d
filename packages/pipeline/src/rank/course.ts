import { isEmptyResult, isIdleResult } from "./cues.ts";
import type { TrailEvent, TrailKind } from "./event.ts";
import { shinglesOf } from "./similarity.ts";
import { numbersOf, valuesOf } from "./values.ts";

/** One step as the features see it. */
export interface CourseStep {
  readonly step: number;
  readonly agent: string | null;
  readonly events: readonly TrailEvent[];
  readonly kinds: ReadonlySet<TrailKind>;
  /** What was written in the step: texts, and the arguments of its calls. */
  readonly text: string;
  /** What came back in it: results of calls and retrievals. */
  readonly result: string;
  /** Code among the arguments or fenced in the text. */
  readonly code: string;
  readonly values: ReadonlySet<string>;
  readonly numbers: ReadonlySet<string>;
  readonly shingles: ReadonlySet<number>;
  readonly isError: boolean;
  readonly isEmpty: boolean;
  readonly isIdle: boolean;
  /** Whether an agent or, in a dialogue, the user wrote it, so that it may be called the origin. */
  readonly isSuspect: boolean;
}

/** A run as a list of steps, and what of it is known when. */
export interface Course {
  readonly steps: readonly CourseStep[];
  readonly suspects: readonly CourseStep[];
  /** Index in `steps` of each suspect. */
  readonly places: readonly number[];
  readonly isDialogue: boolean;
  readonly task: string;
  readonly taskValues: ReadonlySet<string>;
  readonly taskNumbers: ReadonlySet<string>;
  /** Index in `steps` of the first step that holds a value; -1 where the task holds it. */
  readonly firstAt: ReadonlyMap<string, number>;
  /** Indexes in `steps` of all steps that hold a value, rising. */
  readonly heldAt: ReadonlyMap<string, readonly number[]>;
  /** Values that a result, a user or the task holds at some time. */
  readonly supported: ReadonlySet<string>;
}

const readMost = 12_000;
const fenced = /```[^\n]*\n([\s\S]*?)(?:```|$)/g;

function isAnswer({ kind }: TrailEvent): boolean {
  return kind === "tool_result" || kind === "retrieval";
}

/** Arguments as text: JSON, or as they are where they are text already. */
export function argsText(args: unknown): string {
  if (args === null || args === undefined) return "";
  return typeof args === "string" ? args : JSON.stringify(args);
}

function stepOf(step: number, events: readonly TrailEvent[], isDialogue: boolean): CourseStep {
  const written = events.filter((event) => event.kind !== "tool_result");
  const text = written
    .map(({ text: own, args }) => own || argsText(args))
    .join("\n")
    .slice(0, readMost);
  const result = events
    .filter(isAnswer)
    .map((event) => event.result ?? event.text)
    .join("\n")
    .slice(0, readMost);
  const whole = written.length === 0 ? result : text;
  const kinds = new Set(events.map(({ kind }) => kind));
  const authored = events.find(
    ({ kind }) => kind !== "tool_result" && kind !== "system" && (kind !== "user" || isDialogue),
  );
  return {
    step,
    agent: (authored ?? events[0])?.agent ?? null,
    events,
    kinds,
    text: whole,
    result,
    code: [...whole.matchAll(fenced)].map(([, body = ""]) => body).join("\n"),
    values: valuesOf(whole),
    numbers: numbersOf(whole),
    shingles: shinglesOf(whole),
    isError: events.some((event) => event.error),
    isEmpty: events.some((event) => isAnswer(event) && isEmptyResult(event.result ?? event.text)),
    isIdle: events.some((event) => isAnswer(event) && isIdleResult(event.result ?? event.text)),
    isSuspect: authored !== undefined,
  };
}

function grouped(events: readonly TrailEvent[]): readonly (readonly TrailEvent[])[] {
  const groups: TrailEvent[][] = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (last?.[0]?.step === event.step) last.push(event);
    else groups.push([event]);
  }
  return groups;
}

/**
 * Reads a run's events as steps.
 *
 * @param task  what was asked, where no event of the user says it; null takes the first turn of the user
 */
export function courseOf(events: readonly TrailEvent[], task: string | null): Course {
  const isDialogue = events.filter(({ kind }) => kind === "user").length >= 2;
  const asked = task ?? events.find(({ kind }) => kind === "user")?.text ?? "";
  const steps = grouped(events).map((own) => stepOf(own[0]?.step ?? 0, own, isDialogue));
  const taskValues = new Set([...valuesOf(asked), ...numbersOf(asked)]);
  const firstAt = new Map<string, number>([...taskValues].map((value) => [value, -1]));
  const heldAt = new Map<string, number[]>();
  const supported = new Set(taskValues);
  for (const [index, one] of steps.entries()) {
    for (const value of one.values) {
      if (!firstAt.has(value)) firstAt.set(value, index);
      const held = heldAt.get(value);
      if (held) held.push(index);
      else heldAt.set(value, [index]);
      if (!one.isSuspect || one.kinds.has("user") || one.kinds.has("retrieval"))
        supported.add(value);
    }
    if (one.isSuspect && one.result !== "")
      for (const value of valuesOf(one.result)) supported.add(value);
  }
  return {
    steps,
    suspects: steps.filter(({ isSuspect }) => isSuspect),
    places: steps.flatMap(({ isSuspect }, index) => (isSuspect ? [index] : [])),
    isDialogue,
    task: asked,
    taskValues,
    taskNumbers: numbersOf(asked),
    firstAt,
    heldAt,
    supported,
  };
}
