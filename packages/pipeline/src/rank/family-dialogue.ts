import { changingCalls } from "./changes.ts";
import { assents, pushesBack, takesLeave } from "./cues.ts";
import { answersOf, flag } from "./family.ts";
import type { FeatureValues } from "./family.ts";
import type { Course, CourseStep } from "./course.ts";

/** What a dialogue changed, who asked for it and whether it was agreed. */
export function dialogueFeatures(course: Course): readonly FeatureValues[] {
  const { suspects, steps } = course;
  if (!course.isDialogue) return suspects.map(() => ({}));
  const events = steps.flatMap((step) => step.events);
  const changing = new Set([...changingCalls(events)].map((index) => events[index]));
  const isWrite = (step: CourseStep | undefined): boolean =>
    step?.events.some((event) => changing.has(event)) ?? false;
  const isUser = (step: CourseStep): boolean => step.kinds.has("user");
  const writes = suspects.map(isWrite);
  const failed = suspects.map(
    (one, index) =>
      writes[index] === true &&
      answersOf(course, course.places[index] ?? 0).some(({ isError }) => isError),
  );
  const firstWrite = writes.indexOf(true);
  const lastWrite = writes.lastIndexOf(true);
  const ledTo = (index: number): boolean => {
    const next = suspects.findIndex((one, at) => at > index && isUser(one));
    return writes.slice(index + 1, next < 0 ? undefined : next).includes(true);
  };
  const users = suspects.flatMap((one, index) => (isUser(one) ? [index] : []));
  return suspects.map((one, index) => {
    const turn = users.indexOf(index);
    const after = suspects[users.find((at) => at > index) ?? -1];
    const before = suspects[users.findLast((at) => at < index) ?? -1];
    const leads = turn >= 0 && ledTo(index);
    return {
      write: flag(writes[index] === true),
      firstWrite: flag(index === firstWrite),
      lastWrite: flag(index === lastWrite),
      writeFailed: flag(failed[index] === true),
      writeBeforeFailure: flag(
        writes[index] === true && failed[index] !== true && failed.slice(index + 1).includes(true),
      ),
      regretted: flag(writes[index] === true && after !== undefined && pushesBack(after.text)),
      continues: flag(
        writes[index] === true &&
          writes.slice(users.findLast((at) => at < index) ?? 0, index).includes(true),
      ),
      reads: flag(one.kinds.has("tool_call") && writes[index] !== true),
      closes: flag(turn >= 0 && takesLeave(one.text)),
      unconfirmed: flag(writes[index] === true && !(before && assents(before.text))),
      proposes: flag(
        !isUser(one) && one.kinds.has("llm") && users.includes(index + 1) && ledTo(index + 1),
      ),
      claimsAfterWrite: flag(one.kinds.has("llm") && lastWrite >= 0 && index === lastWrite + 1),
      userBeforeWrite: flag(leads),
      userRequest: flag(
        turn >= 0 && !leads && users[turn + 1] !== undefined && ledTo(users[turn + 1] ?? -1),
      ),
      userChanges: flag(turn > 0 && pushesBack(one.text)),
      userPushedBack: flag(
        !isUser(one) && one.kinds.has("llm") && after !== undefined && pushesBack(after.text),
      ),
      passesOn: flag(one.kinds.has("handoff")),
    };
  });
}
