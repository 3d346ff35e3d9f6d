import type { SpanId } from "../model/ids.ts";
import type { AppStep, Known, StepOutcome } from "../model/run.ts";
import { errorIn, failureOf } from "./failures.ts";
import { find, isPlaceholder } from "./fields.ts";
import type { Found } from "./fields.ts";
import { parse } from "./parse.ts";
import { actorOf, ancestors } from "./steps.ts";
import type { Step } from "./steps.ts";
import { plainOf } from "./value.ts";

/** Containers that frameworks make, by name. Source: conventions.md 1.1. */
const noise =
  /^(__start__|__end__|Runnable\w*|model_request|model|tools|step \d+|Step \d+|turn|unknown|agent_step|model_chunk|execute_\w+|Predict\.forward|Chat\w+Template|Prompt\w*|LLM|.*\.(run|forward|workflow|kickoff)|workflow\.run|executor\.process.*|haystack\..*|autogen .*|POST|GET|PUT|DELETE)$/;

const transport = [
  "http.request.method",
  "http.method",
  "db.system",
  "db.system.name",
  "rpc.system",
  "messaging.system",
];

function isAppStep(step: Step): boolean {
  if (step.kind !== "chain" || noise.test(step.span.name)) return false;
  if (step.span.kind === "client" || transport.some((key) => step.span.attributes.has(key)))
    return false;
  // What runs inside a tool is the tool's own affair.
  if (ancestors(step).some((up) => up.kind === "tool")) return false;
  return !step.children.some((child) => child.kind !== "other");
}

/** No convention holds here: the one attribute whose own name, without its prefix, is the field's. */
function ownField({ span }: Step, field: "input" | "output"): Found | null {
  const keys = [...span.attributes.keys()].filter((key) => key.split(".").at(-1) === field);
  const [key] = keys;
  if (key === undefined || keys.length > 1) return null;
  const value = plainOf(span.attributes.get(key));
  if (isPlaceholder(value)) return null;
  return { value, source: { convention: "app", spanId: span.spanId, path: `attr:${key}` } };
}

function readField(step: Step, field: "input" | "output"): Known<unknown> {
  const found = find(step.span, field) ?? ownField(step, field);
  return found === null
    ? { value: null, why: "absent" }
    : { value: parse(found.value).value, source: found.source };
}

/**
 * The application's own deterministic steps (`intake.validate`): spans that hold no step below, are no framework's container, and
 * show what they read or gave, or failed.
 */
export function appStepsOf(
  steps: readonly Step[],
  seqOf: (spanId: SpanId) => number,
): readonly AppStep[] {
  return steps.filter(isAppStep).flatMap((step) => {
    const input = readField(step, "input");
    const output = readField(step, "output");
    const failure = failureOf(step);
    if (output.value === null && failure === null) return [];
    const soft = failure === null ? errorIn(output.value) : null;
    const outcome: StepOutcome = failure !== null ? "error" : soft !== null ? "soft_error" : "ok";
    return [
      {
        spanId: step.span.spanId,
        seq: seqOf(step.span.spanId),
        agent: actorOf(step),
        name: step.span.name,
        outcome,
        failure,
        input,
        output,
      },
    ];
  });
}
