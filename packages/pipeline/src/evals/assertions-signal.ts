import type { Reading, SignalName } from "../model/signal.ts";
import { declaredFlag, declaredShare } from "../signals/reading.ts";
import { fail, listed, missing, pass } from "./judged.ts";
import type { Judged } from "./judged.ts";
import type { Subject } from "./subject.ts";

interface Limits {
  readonly name: SignalName;
  readonly eq?: boolean | number | undefined;
  readonly gte?: number | undefined;
  readonly lte?: number | undefined;
  readonly span?: "root" | "any" | "all" | undefined;
}

/** One value of a signal, with where it comes from. */
interface Found {
  readonly value: number | boolean;
  readonly where: string;
}

/**
 * Holds a signal against limits: of the run as it was measured (`root`, the default), or of what the agents in it declare of themselves,
 * of one at least (`any`) or of each (`all`). An absent signal errs; `any` and `all` fall back on the run where no agent declares it.
 */
export function signalWithin(subject: Subject, limits: Limits): Judged {
  const { name, span = "root" } = limits;
  const declared = span === "root" ? [] : declaredBy(subject, name);
  if (declared.length === 0) return ofRun(subject, limits);
  const holding = declared.filter(({ value }) => within(value, limits));
  const holds = span === "any" ? holding.length > 0 : holding.length === declared.length;
  const sentence = `${name} ${span === "any" ? "of any agent" : "of all agents"}: ${listed(
    declared.map(({ value, where }) => `${shownValue(value)} (${where})`),
  )}`;
  return holds ? pass(sentence) : fail(sentence);
}

function within(found: number | boolean, { eq, gte, lte }: Limits): boolean {
  const value = Number(found);
  return (
    (eq === undefined || value === Number(eq)) &&
    (gte === undefined || value >= gte) &&
    (lte === undefined || value <= lte)
  );
}

function shownValue(value: number | boolean): string {
  return typeof value === "number" ? value.toFixed(2) : String(value);
}

function declaredBy({ run }: Subject, name: SignalName): readonly Found[] {
  const isFlag = name === "fallback" || name === "downstream_ok";
  return run.agents.flatMap((agent) => {
    const value = isFlag ? declaredFlag(agent.declared[name]) : declaredShare(agent.declared[name]);
    return value === null ? [] : [{ value, where: agent.name }];
  });
}

function ofRun(subject: Subject, limits: Limits): Judged {
  const { name } = limits;
  const reading = readingOf(subject, name);
  if (reading.kind === "absent") {
    const told = subject.answer?.signals?.[name];
    if (told !== undefined) {
      const sentence = `${name} is ${shownValue(told)} (told by the candidate's answer)`;
      return within(told, limits) ? pass(sentence) : fail(sentence);
    }
    if (subject.unseen && !isVoid(name, reading)) return missing(subject.unseen.why);
    return isVoid(name, reading)
      ? pass("the answer holds nothing that needs support")
      : missing(`${name} is absent (${reading.why})`);
  }
  const evidence = reading.evidence[0]?.text;
  const found = shownValue(reading.value);
  const sentence = `${name} is ${found} (${reading.method}${evidence ? `: ${evidence}` : ""})`;
  return within(reading.value, limits) ? pass(sentence) : fail(sentence);
}

/** An answer that claims nothing, such as that nothing was found, cannot be ungrounded: no evidence is missing. */
function isVoid(name: SignalName, reading: Reading<number | boolean>): boolean {
  return reading.kind === "absent" && name === "grounded" && reading.why === "nothing_to_check";
}

/** The reading; where no span shows the run only what its answer and the calls that were seen can prove. */
function readingOf(
  { run, signals, answer, unseen }: Subject,
  name: SignalName,
): Reading<number | boolean> {
  const reading: Reading<number | boolean> = signals[name];
  if (!unseen || reading.kind === "absent") return reading;
  const isProven = {
    grounded: run.toolCalls.length > 0 || answer?.retrieved !== undefined,
    fallback: reading.value === true || unseen.listsCalls,
    confidence: true,
    downstream_ok: true,
  } as const satisfies Record<SignalName, boolean>;
  return isProven[name] ? reading : { kind: "absent", why: "content_not_recorded" };
}
