import type { EvalCase } from "../../model/evalcase.ts";
import type { Label } from "../../model/label.ts";
import { policy } from "../../model/policy.ts";
import type { JudgeInput } from "../../model/rubric.ts";
import { outputText } from "../subject.ts";
import type { Subject } from "../subject.ts";

/** One text that a judge is shown. Anybody may have written it. */
export interface Part {
  readonly name: JudgeInput;
  readonly text: string;
}

/** What a judge is shown, or why it cannot be: evidence is missing, or too long to be judged as a whole. */
export type Parts =
  | { readonly ok: true; readonly parts: readonly Part[] }
  | { readonly ok: false; readonly why: string };

/** Each part as text; null: not visible. */
type Texts = Readonly<Record<JudgeInput, () => string | null>>;

const missing: Readonly<Record<JudgeInput, string>> = {
  input: "there is no input",
  output: "the output is not visible",
  retrieved: "what was retrieved is not visible",
  trajectory: "the tool calls are not visible",
  reference: "there is no reference",
};

function collect(names: readonly JudgeInput[], texts: Texts): Parts {
  const parts: Part[] = [];
  for (const name of names) {
    const text = texts[name]();
    if (text === null) return { ok: false, why: missing[name] };
    parts.push({ name, text });
  }
  const most = policy("judgeShownChars");
  const length = parts.reduce((sum, { text }) => sum + text.length, 0);
  if (length > most) {
    return { ok: false, why: `a judge is shown at most ${most} characters, these are ${length}` };
  }
  return { ok: true, parts };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

/** The input as a person would write it, where it is nothing but a message. */
function inputText(input: unknown): string {
  if (typeof input === "object" && input !== null && "message" in input) {
    const { message } = input;
    if (typeof message === "string" && Object.keys(input).length === 1) return message;
  }
  return asText(input);
}

interface Passage {
  readonly id?: string | null | undefined;
  readonly text: string | null;
}

/** Each passage once, by id and text. */
function passagesText(passages: readonly Passage[]): string {
  const texts = passages.map(({ id, text }) => {
    const body = text ?? "(its text is not visible)";
    return id === undefined || id === null ? body : `[${id}] ${body}`;
  });
  return texts.length === 0 ? "(nothing was retrieved)" : [...new Set(texts)].join("\n\n");
}

/** The passages of every visible retrieval; null where none is visible though there were some, or none of them with its text. */
function retrievedText({ run, answer }: Subject): string | null {
  const visible = run.retrievals.flatMap(({ documents }) => documents ?? []);
  const isHidden =
    run.retrievals.some(({ documents }) => documents === null) ||
    (answer?.retrieved ?? []).length > 0;
  const hasText = visible.some(({ text }) => text !== null);
  if (visible.length === 0 ? isHidden : !hasText) return null;
  return passagesText(visible);
}

interface Call {
  readonly tool: string;
  readonly args?: unknown;
  readonly result?: unknown;
}

function trajectoryText(calls: readonly Call[]): string {
  if (calls.length === 0) return "(no tool was called)";
  return calls
    .map(({ tool, args, result }, index) => {
      const answered = result === undefined ? "(not visible)" : JSON.stringify(result);
      return `${index + 1}. ${tool}(${JSON.stringify(args ?? {})})\n   → ${answered}`;
    })
    .join("\n");
}

function callsOf({ run }: Subject): readonly Call[] {
  return run.toolCalls
    .filter(({ executed, role }) => executed && role !== "final_answer")
    .map(({ name, args, result, failure }) => ({
      tool: name,
      args: args.value ?? {},
      result: result.value ?? (failure === null ? undefined : { error: failure.message }),
    }));
}

/** What the judge of a case is shown of one trial. */
export function partsOfTrial(
  { input, judge }: Pick<EvalCase, "input" | "judge">,
  subject: Subject,
  names: readonly JudgeInput[],
): Parts {
  return collect(names, {
    input: () => inputText(input),
    output: () => outputText(subject),
    retrieved: () => retrievedText(subject),
    trajectory: () => trajectoryText(callsOf(subject)),
    reference: () => (judge?.reference === undefined ? null : asText(judge.reference)),
  });
}

/** What a judge is shown of a label: the same as of a trial. */
export function partsOfLabel(label: Label, names: readonly JudgeInput[]): Parts {
  const { input, output, retrieved, trajectory, reference } = label;
  return collect(names, {
    input: () => (input === undefined ? null : inputText(input)),
    output: () => (typeof output === "string" ? output : JSON.stringify(output)),
    retrieved: () =>
      retrieved === undefined
        ? null
        : passagesText(retrieved.map((one) => (typeof one === "string" ? { text: one } : one))),
    trajectory: () => (trajectory === undefined ? null : trajectoryText(trajectory)),
    reference: () => (reference === undefined ? null : asText(reference)),
  });
}
