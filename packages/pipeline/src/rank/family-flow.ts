import { speaks } from "./cues.ts";
import { argsText } from "./course.ts";
import { flag } from "./family.ts";
import type { FeatureValues } from "./family.ts";
import type { Course, CourseStep } from "./course.ts";
import { numbersOf, valuesOf } from "./values.ts";

const answerAt = /(?:final answer|answer is|answer:|result is|total (?:is|of))[^\n]{0,160}/i;

/** The values of the run's answer that the task does not hold: of the last final step, or of the last step that concludes. */
export function answerValues(course: Course): ReadonlySet<string> {
  const own = (text: string): Set<string> => {
    const stated = answerAt.exec(text)?.[0] ?? text.slice(0, 600);
    const all = new Set([...valuesOf(stated), ...numbersOf(stated)]);
    for (const value of course.taskValues) all.delete(value);
    return all;
  };
  const last = course.suspects.findLast((one) => one.kinds.has("final") && own(one.text).size > 0);
  const concluding = course.suspects.findLast(
    (one) => own(one.text).size > 0 && speaks("concludes", one.text),
  );
  const from = last ?? concluding ?? course.suspects.at(-1);
  return from ? own(from.text) : new Set();
}

function ungroundedShare(step: CourseStep, known: ReadonlySet<string>): number {
  let most = 0;
  for (const { kind, args } of step.events) {
    if (kind !== "tool_call") continue;
    const values = [...valuesOf(argsText(args))];
    if (values.length > 0)
      most = Math.max(most, values.filter((value) => !known.has(value)).length / values.length);
  }
  return most;
}

/** Where values come from, what supports them and what builds on them. */
export function flowFeatures(course: Course): readonly FeatureValues[] {
  const { steps, suspects } = course;
  const answer = answerValues(course);
  const answerFirst = new Map<string, number>();
  for (const [index, step] of steps.entries())
    for (const value of answer)
      if (!answerFirst.has(value) && (step.values.has(value) || step.numbers.has(value)))
        answerFirst.set(value, index);
  const known = new Set(course.taskValues);
  const knownNumbers = new Set(course.taskNumbers);
  const rows: FeatureValues[] = [];
  for (const [at, step] of steps.entries()) {
    if (step.isSuspect)
      rows.push(flowOf({ course, at, step, answer, answerFirst, known, knownNumbers }));
    for (const value of step.values) known.add(value);
    for (const number of step.kinds.has("llm") || step.kinds.has("final") ? [] : step.numbers)
      knownNumbers.add(number);
    for (const number of numbersOf(step.result)) knownNumbers.add(number);
  }
  const firstBare = rows.findIndex(
    (row, index) => (row.unsupported ?? 0) >= Math.log1p(2) && !suspects[index]?.kinds.has("plan"),
  );
  return rows.map((row, index) => ({ ...row, firstBare: flag(index === firstBare) }));
}

interface Asked {
  readonly course: Course;
  readonly at: number;
  readonly step: CourseStep;
  readonly answer: ReadonlySet<string>;
  readonly answerFirst: ReadonlyMap<string, number>;
  readonly known: ReadonlySet<string>;
  readonly knownNumbers: ReadonlySet<string>;
}

function flowOf({
  course,
  at,
  step,
  answer,
  answerFirst,
  known,
  knownNumbers,
}: Asked): FeatureValues {
  const brought = [...step.values].filter((value) => course.firstAt.get(value) === at);
  const bare = brought.filter((value) => !course.supported.has(value));
  const users = (values: readonly string[]): number =>
    new Set(values.flatMap((value) => (course.heldAt.get(value) ?? []).filter((held) => held > at)))
      .size;
  const later = Math.max(1, course.steps.length - 1 - at);
  const begun = [...answer].filter((value) => answerFirst.get(value) === at);
  const nextAnswers = course.steps.findIndex((one, index) => index > at && one.isSuspect);
  const until = nextAnswers < 0 ? course.steps.length : nextAnswers;
  const fromCall = [...answerFirst.values()].some((first) => first > at && first < until);
  const states = step.kinds.has("llm") || step.kinds.has("final");
  const before = course.steps.slice(Math.max(0, at - 2), at);
  return {
    newValues: Math.log1p(brought.length),
    unsupported: Math.log1p(bare.length),
    unsupportedShare: bare.length / Math.max(1, brought.length),
    reused: users(brought) / later,
    unsupportedReused: Math.log1p(users(bare)),
    answerBegins: flag(begun.length > 0),
    answerFromCall: flag(fromCall),
    answerShare:
      [...answer].filter((value) => step.values.has(value) || step.numbers.has(value)).length /
      Math.max(1, answer.size),
    answerUnsupported: flag(begun.some((value) => !course.supported.has(value))),
    unsupportedNumber: flag(
      states && [...step.numbers].some((number) => !knownNumbers.has(number)),
    ),
    ungroundedArgs: ungroundedShare(step, known),
    copied:
      [...step.values].filter((value) => known.has(value)).length / Math.max(1, step.values.size),
    noEvidence: flag(states && bare.length > 0 && !before.some((one) => one.result !== "")),
  };
}
