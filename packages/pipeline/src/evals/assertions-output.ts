import type { Checker } from "../model/checker.ts";
import { fail, listed, missing, pass, shown } from "./judged.ts";
import type { Judged } from "./judged.ts";
import { valuesAt } from "./pointer.ts";
import { outputJson, outputText } from "./subject.ts";
import type { Subject } from "./subject.ts";

const invisible = missing("the output is not visible");

export async function outputSchema(
  subject: Subject,
  schema: unknown,
  checker: Checker,
  caseFile: string,
): Promise<Judged> {
  const value = outputJson(subject);
  if (value === undefined) return invisible;
  const violations = await checker.schema(schema, value, caseFile);
  return violations.length === 0 ? pass("the output validates") : fail(listed(violations, 3));
}

function asList(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

export function outputContains(subject: Subject, value: string | readonly string[]): Judged {
  const text = outputText(subject);
  if (text === null) return invisible;
  const lacks = asList(value).filter((part) => !text.includes(part));
  return lacks.length === 0
    ? pass("the output contains it")
    : fail(`the output lacks ${shown(lacks)}`);
}

export function outputLacks(subject: Subject, value: string | readonly string[]): Judged {
  const text = outputText(subject);
  if (text === null) return invisible;
  const holds = asList(value).filter((part) => text.includes(part));
  return holds.length === 0
    ? pass("the output does not contain it")
    : fail(`the output contains ${shown(holds)}`);
}

const matchedCharacters = 1_000_000;

export async function outputMatches(
  subject: Subject,
  pattern: string,
  checker: Checker,
): Promise<Judged> {
  const text = outputText(subject);
  if (text === null) return invisible;
  const matched = await checker.matches(pattern, text.slice(0, matchedCharacters));
  if (matched === null) return missing(`the pattern ${shown(pattern)} took too long`);
  return matched
    ? pass(`the output matches ${shown(pattern)}`)
    : fail(`the output does not match ${shown(pattern)}`);
}

const formats: Readonly<Record<string, RegExp>> = {
  "date-time": /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
};

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

interface PathRule {
  readonly pointer: string;
  readonly eq?: unknown;
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly not_null?: boolean | undefined;
}

function wrongAt(rule: PathRule, value: unknown): string | null {
  if (rule.not_null && (value === null || value === "")) return "is null";
  if (rule.eq !== undefined && JSON.stringify(value) !== JSON.stringify(rule.eq))
    return `is not ${shown(rule.eq)}`;
  if (rule.type !== undefined && typeOf(value) !== rule.type) return `is not of type ${rule.type}`;
  const format = rule.format === undefined ? undefined : formats[rule.format];
  if (format && !(typeof value === "string" && format.test(value))) return `is no ${rule.format}`;
  return null;
}

export function outputPath(subject: Subject, rule: PathRule): Judged {
  const output = outputJson(subject);
  if (output === undefined) return invisible;
  const values = valuesAt(output, rule.pointer);
  if (values.length === 0) return fail(`${rule.pointer} is missing`);
  for (const value of values) {
    const wrong = wrongAt(rule, value);
    if (wrong !== null) return fail(`${rule.pointer} is ${shown(value)}: ${wrong}`);
  }
  return pass(`${rule.pointer} is ${shown(values[0])}`);
}

export async function validator(
  subject: Subject,
  code: Parameters<Checker["validator"]>[0],
  checker: Checker,
  caseFile: string,
): Promise<Judged> {
  const text = outputText(subject);
  if (text === null) return invisible;
  const output = { text, value: outputJson(subject) };
  const { kind, why } = await checker.validator(code, output, caseFile);
  if (kind === "pass") return pass("the validator accepts the output");
  return kind === "fail"
    ? fail(`the validator rejects the output: ${why}`)
    : missing(`the validator ${why}`);
}

/** A hand-off whose sender the spans do not name may be another one: it is no evidence. */
export async function handoffContract(
  { run, unseen }: Subject,
  { from, to, schema }: { readonly from: string; readonly to: string; readonly schema: unknown },
  checker: Checker,
  caseFile: string,
): Promise<Judged> {
  if (unseen) return missing(unseen.why);
  const handoffs = run.handoffs.filter((hop) => hop.to === to && hop.from === from);
  const label = `${from} → ${to}`;
  if (handoffs.length === 0) return missing(`no hand-off ${label} is visible`);
  const visible = handoffs.filter(({ carried }) => carried.value !== null);
  if (visible.length === 0) return missing(`what the hand-off ${label} carried is not visible`);
  for (const { carried } of visible) {
    const violations = await checker.schema(schema, carried.value, caseFile);
    if (violations.length > 0)
      return fail(`the hand-off ${label} breaks its contract: ${listed(violations, 3)}`);
  }
  return pass(`the hand-off ${label} keeps its contract`);
}
