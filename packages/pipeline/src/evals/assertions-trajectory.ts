import type { Checker } from "../model/checker.ts";
import { isDeepStrictEqual } from "./equal.ts";
import { namedLike } from "./glob.ts";
import { fail, listed, missing, pass, shown } from "./judged.ts";
import type { Judged } from "./judged.ts";
import { isObject } from "./pointer.ts";
import type { Subject } from "./subject.ts";
import type { ToolCall } from "../model/run.ts";
import { isBlank } from "./subject.ts";

interface ToolMatch {
  readonly name?: string | undefined;
  readonly pattern?: string | undefined;
}

function fits(call: ToolCall, match: ToolMatch): boolean {
  return (
    (match.name === undefined || call.name === match.name) &&
    (match.pattern === undefined || namedLike(call.name, match.pattern))
  );
}

function calledNames({ run }: Subject): string {
  const names = run.toolCalls.map(({ name }) => name);
  return names.length === 0 ? "no tool" : listed(names);
}

/**
 * What keeps a claim about calls that were not made from being decided; null where nothing does. An incomplete or contentless run shows no
 * calls without meaning that there were none; without spans the replay knows of its own tools alone.
 *
 * @param names  the tools that the claim is about; null: any
 */
function noEvidence({ run, unseen }: Subject, names: readonly string[] | null): Judged | null {
  if (unseen) {
    const isKnown = unseen.listsCalls || names?.every((name) => unseen.tools.has(name)) === true;
    return isKnown ? null : missing(unseen.why);
  }
  return isBlank(run) ? missing("no step of the run is visible") : null;
}

function namesOf({ name, pattern }: ToolMatch): readonly string[] | null {
  return name !== undefined && pattern === undefined ? [name] : null;
}

export function toolUsed(
  subject: Subject,
  value:
    | string
    | readonly string[]
    | (ToolMatch & { readonly min?: number | undefined; readonly max?: number | undefined }),
  sense: "must" | "must_not",
): Judged {
  const wanted =
    typeof value === "string"
      ? [{ name: value }]
      : isMatchList(value)
        ? value.map((name) => ({ name }))
        : [value];
  let unknown: Judged | null = null;
  for (const match of wanted) {
    const count = subject.run.toolCalls.filter((call) => fits(call, match)).length;
    const { min = 1, max = Infinity } = "min" in match || "max" in match ? match : {};
    const used = count >= min && count <= max;
    // Calls that were seen are proof whatever else there was, unless there may be too many.
    const unseen = used && max === Infinity ? null : noEvidence(subject, namesOf(match));
    unknown ??= unseen;
    const label = match.name ?? ("pattern" in match ? match.pattern : undefined) ?? "a tool";
    if (unseen === null && sense === "must" && !used)
      return fail(`${label} was called ${count} times; called: ${calledNames(subject)}`);
    if (unseen === null && sense === "must_not" && used)
      return fail(`${label} was called ${count} times and must not be`);
  }
  return unknown ?? pass(`called: ${calledNames(subject)}`);
}

function isMatchList(value: readonly string[] | ToolMatch): value is readonly string[] {
  return Array.isArray(value);
}

export function toolSequence(
  subject: Subject,
  value:
    | readonly string[]
    | { readonly mode?: "in_order" | "exact" | undefined; readonly steps: readonly string[] },
): Judged {
  const steps = "steps" in value ? value.steps : value;
  const exact = "steps" in value && value.mode === "exact";
  const names = subject.run.toolCalls.map(({ name }) => name);
  let next = 0;
  for (const name of names) if (name === steps[next]) next += 1;
  const holds = exact ? names.join("\n") === steps.join("\n") : next === steps.length;
  const unseen = holds && !exact ? null : noEvidence(subject, exact ? null : steps);
  if (unseen) return unseen;
  return holds
    ? pass(`called in order: ${listed(steps)}`)
    : fail(`expected ${steps.join(" → ")}, called ${calledNames(subject)}`);
}

export function argsMatch(
  subject: Subject,
  value: ToolMatch & {
    readonly args: Readonly<Record<string, unknown>>;
    readonly mode?: "partial" | "exact" | undefined;
    readonly ignore?: readonly string[] | undefined;
    readonly defaults?: Readonly<Record<string, unknown>> | undefined;
  },
): Judged {
  const calls = subject.run.toolCalls.filter((call) => fits(call, value));
  const unseen = noEvidence(subject, namesOf(value));
  if (calls.length === 0)
    return unseen ?? fail(`${value.name ?? value.pattern ?? "the tool"} was not called`);
  const visible = calls.filter(({ args }) => args.value !== null);
  if (visible.length === 0) return missing("the arguments of the call are not visible");
  const ignored = new Set(value.ignore ?? []);
  const matches = visible.some(({ args }) => {
    const given = { ...value.defaults, ...(isObject(args.value) ? args.value : {}) };
    const wanted = Object.entries(value.args).filter(([key]) => !ignored.has(key));
    const extra = Object.keys(given).filter(
      (key) => !ignored.has(key) && !Object.hasOwn(value.args, key),
    );
    return (
      wanted.every(([key, want]) => isDeepStrictEqual(given[key], want)) &&
      (value.mode !== "exact" || extra.length === 0)
    );
  });
  const first = visible[0];
  if (!matches && unseen) return unseen;
  return matches
    ? pass(`${first?.name ?? "the tool"} was called with ${shown(value.args)}`)
    : fail(`no call with ${shown(value.args)}; first call: ${shown(first?.args.value)}`);
}

/** Every call whose arguments are visible is asked; a run that does not call the tool breaks nothing. */
export async function argsSchema(
  subject: Subject,
  value: ToolMatch & { readonly schema: unknown },
  checker: Checker,
  caseFile: string,
): Promise<Judged> {
  const unseen = noEvidence(subject, namesOf(value));
  const label = value.name ?? value.pattern ?? "the tool";
  const calls = subject.run.toolCalls.filter((call) => fits(call, value));
  if (calls.length === 0) return unseen ?? pass(`${label} was not called`);
  const visible = calls.filter(({ args }) => args.value !== null);
  if (visible.length === 0) return missing(`the arguments of ${label} are not visible`);
  for (const { args } of visible) {
    const violations = await checker.schema(value.schema, args.value, caseFile);
    if (violations.length > 0) {
      return fail(`${label} was called with ${shown(args.value)}: ${listed(violations, 3)}`);
    }
  }
  return unseen ?? pass(`the arguments of ${label} are as expected`);
}

export function argsSupported(
  subject: Subject,
  { name }: { readonly name?: string | undefined },
): Judged {
  const { digest } = subject;
  const steps = digest.steps.filter(
    ({ kind, tool }) => kind === "tool" && (name === undefined || tool === name),
  );
  if (steps.length === 0)
    return missing(`${name ?? "no tool"} was called, so its arguments are not known`);
  const wrong = steps.flatMap(({ tool, unsupportedArgs }) =>
    unsupportedArgs.map((value) => `${tool ?? "a tool"} ← ${value}`),
  );
  const unseen = subject.unseen ? noEvidence(subject, name === undefined ? null : [name]) : null;
  if (wrong.length === 0 && unseen) return unseen;
  return wrong.length === 0
    ? pass("every argument occurs in what was asked or returned before")
    : fail(`arguments that nothing before holds: ${listed(wrong)}`);
}

export function noLoop(
  subject: Subject,
  {
    max_repeats = 3,
    same_args = true,
  }: { readonly max_repeats?: number | undefined; readonly same_args?: boolean | undefined },
): Judged {
  const { run, digest } = subject;
  const counts = new Map<string, number>();
  for (const { kind, tool, argsHash } of digest.steps) {
    if (kind !== "tool" || tool === null) continue;
    const key = same_args ? `${tool} ${argsHash ?? "?"}` : tool;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [worst] = [...counts].sort((a, b) => b[1] - a[1]);
  const unseen = subject.unseen || !worst ? noEvidence(subject, null) : null;
  if (unseen && (worst?.[1] ?? 0) <= max_repeats) return unseen;
  if (!worst)
    return run.toolCalls.length > 0
      ? missing("the calls' arguments are not visible")
      : pass("no tool was called");
  const [key, count] = worst;
  const tool = key.split(" ")[0] ?? key;
  return count <= max_repeats
    ? pass(`${tool} was called at most ${count} times`)
    : fail(
        `${tool} was called ${count} times${same_args ? " with the same arguments" : ""}, at most ${max_repeats} are expected`,
      );
}
