import type { Method, Reading } from "../model/signal.ts";
import { absent, declaredFlag, measured } from "./reading.ts";

/** A step as `fallback` sees it, in order. */
export interface FallbackStep {
  readonly spanId: string | null;
  readonly name: string;
  readonly agent: string | null;
  readonly kind: "tool" | "llm" | "handoff";
  /** null: how it ended cannot be seen. */
  readonly failed: boolean | null;
  /** It ended well and gave nothing. */
  readonly isEmpty: boolean;
  readonly model: string | null;
}

export interface FallbackInput {
  readonly declared: unknown;
  readonly declaredAt: string | null;
  readonly applies: boolean;
  readonly steps: readonly FallbackStep[];
  /** Where the run was passed to someone who is there for runs that cannot go on; null where it was not. */
  readonly escalation: { readonly spanId: string | null; readonly text: string } | null;
  /** Set where the answer is one that is given in place of an answer. */
  readonly defaultAnswer: { readonly spanId: string | null; readonly text: string } | null;
  /** Tools that a person or the workflow's history calls fallbacks; null while nobody knows. */
  readonly fallbackTools: readonly string[] | null;
  /** Tools of which `fallbackTools` speaks; null: of all. */
  readonly knownTools: readonly string[] | null;
}

interface Substitute {
  readonly method: Method;
  readonly step: FallbackStep;
  readonly text: string;
}

function toolSubstitute(input: FallbackInput): Substitute | null {
  const tools = input.steps.filter((step) => step.kind === "tool");
  for (const [index, step] of tools.entries()) {
    if (step.failed !== true) continue;
    const later = tools.slice(index + 1);
    if (later.some((other) => other.name === step.name && other.failed === false)) continue;
    const next = later.find((other) => other.name !== step.name);
    if (next === undefined || next.failed === true) continue;
    if (tools.slice(0, index).some((other) => other.name === next.name)) continue;
    if (isNoFallback(input, next.name)) continue;
    return {
      method: "tool_substitute",
      step: next,
      text: `${next.name} was called after ${step.name} failed`,
    };
  }
  return null;
}

/** Whether a tool is known to be called for its own sake. A tool that was never needed before may be a stand-in. */
function isNoFallback({ fallbackTools, knownTools }: FallbackInput, name: string): boolean {
  if (fallbackTools === null || fallbackTools.includes(name)) return false;
  return knownTools === null || knownTools.includes(name);
}

function modelSubstitute(input: FallbackInput): Substitute | null {
  const calls = input.steps.filter((step) => step.kind === "llm");
  for (const [index, step] of calls.entries()) {
    const next = calls.slice(index + 1).find((other) => other.agent === step.agent);
    if (step.failed !== true || next === undefined || next.failed !== false) continue;
    if (step.model !== null && next.model !== null && step.model !== next.model) {
      return {
        method: "model_substitute",
        step: next,
        text: `${next.model} answered after ${step.model} failed`,
      };
    }
  }
  return null;
}

/** A tool that is a fallback by name was called after another one failed or gave nothing, even when that one worked again later. */
function declaredTool(input: FallbackInput): Substitute | null {
  const known = input.fallbackTools ?? [];
  const step = input.steps.find(
    (one, index) =>
      one.kind === "tool" &&
      known.includes(one.name) &&
      input.steps
        .slice(0, index)
        .some(
          (other) =>
            other.kind === "tool" &&
            other.name !== one.name &&
            (other.failed === true || other.isEmpty),
        ),
  );
  return step === undefined
    ? null
    : { method: "tool_substitute", step, text: `${step.name} is a fallback of this workflow` };
}

/**
 * Whether the run left its primary path: another tool after one that failed and was not retried with success, another model after
 * one that failed, a hand-off to whom runs are passed that cannot go on, an answer given in place of one. A retry of the same call is
 * none.
 *
 * @returns absent where the steps, or how those before another tool ended, cannot be seen
 * @source conventions.md 3.3
 */
export function fallback(input: FallbackInput): Reading<boolean> {
  const declared = declaredFlag(input.declared);
  if (declared !== null) {
    return measured(
      declared,
      "declared",
      [
        {
          spanId: input.declaredAt,
          path: "attr:agent.behavioral.fallback",
          text: String(input.declared),
        },
      ],
      "application",
    );
  }
  if (!input.applies) return absent("not_applicable");
  if (input.steps.length === 0) return absent("content_not_recorded");
  const isTroubled = input.steps.some((step) => step.failed === true || step.isEmpty);
  const found = isTroubled
    ? (declaredTool(input) ?? toolSubstitute(input) ?? modelSubstitute(input))
    : null;
  if (found !== null) {
    return measured(true, found.method, [
      { spanId: found.step.spanId, path: "tool", text: found.text },
    ]);
  }
  if (input.escalation !== null) {
    const { spanId, text } = input.escalation;
    return measured(true, "escalation", [{ spanId, path: "handoff", text }]);
  }
  if (input.defaultAnswer !== null) {
    const { spanId, text } = input.defaultAnswer;
    return measured(true, "default_answer", [{ spanId, path: "output", text }]);
  }
  const tools = input.steps.filter((step) => step.kind === "tool");
  const unseen = tools.some(
    (step, index) =>
      step.failed === null && tools.slice(index + 1).some((other) => other.name !== step.name),
  );
  return unseen ? absent("content_not_recorded") : measured(false, "no_fallback_seen", []);
}
