import { isDeepStrictEqual } from "./equal.ts";
import { fail, listed, missing, pass, shown } from "./judged.ts";
import type { Judged } from "./judged.ts";
import { isObject } from "./pointer.ts";
import type { OutputChecker, Subject } from "./subject.ts";
import type { ToolCall } from "../model/run.ts";

interface ToolMatch {
  readonly name?: string | undefined;
  readonly pattern?: string | undefined;
}

/** A glob with `*` only: patterns of a case never backtrack on hostile names. */
function namedLike(name: string, pattern: string): boolean {
  const parts = pattern.split("*");
  if (parts.length === 1) return name === pattern;
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? (name.startsWith(part) ? 0 : -1) : name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  const last = parts.at(-1) ?? "";
  return last === "" || name.endsWith(last);
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

/** An incomplete or contentless run shows no calls without meaning that there were none. */
function noEvidence({ run }: Subject): Judged | null {
  if (run.toolCalls.length > 0 || run.llmCalls.length > 0 || run.agents.length > 0) return null;
  return missing("no step of the run is visible");
}

export function toolUsed(
  subject: Subject,
  value:
    | string
    | readonly string[]
    | (ToolMatch & { readonly min?: number | undefined; readonly max?: number | undefined }),
  sense: "must" | "must_not",
): Judged {
  const unseen = noEvidence(subject);
  if (unseen) return unseen;
  const wanted =
    typeof value === "string"
      ? [{ name: value }]
      : isMatchList(value)
        ? value.map((name) => ({ name }))
        : [value];
  for (const match of wanted) {
    const count = subject.run.toolCalls.filter((call) => fits(call, match)).length;
    const { min = 1, max = Infinity } = "min" in match || "max" in match ? match : {};
    const used = count >= min && count <= max;
    const label = match.name ?? ("pattern" in match ? match.pattern : undefined) ?? "a tool";
    if (sense === "must" && !used)
      return fail(`${label} was called ${count} times; called: ${calledNames(subject)}`);
    if (sense === "must_not" && used)
      return fail(`${label} was called ${count} times and must not be`);
  }
  return pass(`called: ${calledNames(subject)}`);
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
  const unseen = noEvidence(subject);
  if (unseen) return unseen;
  const steps = "steps" in value ? value.steps : value;
  const exact = "steps" in value && value.mode === "exact";
  const names = subject.run.toolCalls.map(({ name }) => name);
  let next = 0;
  for (const name of names) if (name === steps[next]) next += 1;
  const holds = exact ? names.join("\n") === steps.join("\n") : next === steps.length;
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
  const unseen = noEvidence(subject);
  if (unseen) return unseen;
  const calls = subject.run.toolCalls.filter((call) => fits(call, value));
  if (calls.length === 0)
    return fail(`${value.name ?? value.pattern ?? "the tool"} was not called`);
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
  return matches
    ? pass(`${first?.name ?? "the tool"} was called with ${shown(value.args)}`)
    : fail(`no call with ${shown(value.args)}; first call: ${shown(first?.args.value)}`);
}

/** Every call whose arguments are visible is asked; a run that does not call the tool breaks nothing. */
export async function argsSchema(
  subject: Subject,
  value: ToolMatch & { readonly schema: unknown },
  checker: OutputChecker,
  caseFile: string,
): Promise<Judged> {
  const unseen = noEvidence(subject);
  if (unseen) return unseen;
  const label = value.name ?? value.pattern ?? "the tool";
  const calls = subject.run.toolCalls.filter((call) => fits(call, value));
  if (calls.length === 0) return pass(`${label} was not called`);
  const visible = calls.filter(({ args }) => args.value !== null);
  if (visible.length === 0) return missing(`the arguments of ${label} are not visible`);
  for (const { args } of visible) {
    const violations = await checker.schema(value.schema, args.value, caseFile);
    if (violations.length > 0) {
      return fail(`${label} was called with ${shown(args.value)}: ${listed(violations, 3)}`);
    }
  }
  return pass(`the arguments of ${label} are as expected`);
}

export function argsSupported(
  { digest }: Subject,
  { name }: { readonly name?: string | undefined },
): Judged {
  const steps = digest.steps.filter(
    ({ kind, tool }) => kind === "tool" && (name === undefined || tool === name),
  );
  if (steps.length === 0)
    return missing(`${name ?? "no tool"} was called, so its arguments are not known`);
  const wrong = steps.flatMap(({ tool, unsupportedArgs }) =>
    unsupportedArgs.map((value) => `${tool ?? "a tool"} ← ${value}`),
  );
  return wrong.length === 0
    ? pass("every argument occurs in what was asked or returned before")
    : fail(`arguments that nothing before holds: ${listed(wrong)}`);
}

export function stepCount(
  { run }: Subject,
  {
    type = "span",
    min = 0,
    max = Infinity,
  }: {
    readonly type?: string | undefined;
    readonly min?: number | undefined;
    readonly max?: number | undefined;
  },
): Judged {
  const counts: Readonly<Record<string, number>> = {
    tool: run.toolCalls.length,
    command: run.toolCalls.length,
    search: run.retrievals.length,
    message: run.llmCalls.length,
    reasoning: run.llmCalls.length,
    span: run.understood.of,
  };
  const count = counts[type] ?? 0;
  return count >= min && count <= max
    ? pass(`${count} steps of kind ${type}`)
    : fail(`${count} steps of kind ${type}, expected ${min} to ${max}`);
}

export function noLoop(
  { run, digest }: Subject,
  {
    max_repeats = 3,
    same_args = true,
  }: { readonly max_repeats?: number | undefined; readonly same_args?: boolean | undefined },
): Judged {
  const counts = new Map<string, number>();
  for (const { kind, tool, argsHash } of digest.steps) {
    if (kind !== "tool" || tool === null) continue;
    const key = same_args ? `${tool} ${argsHash ?? "?"}` : tool;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [worst] = [...counts].sort((a, b) => b[1] - a[1]);
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
