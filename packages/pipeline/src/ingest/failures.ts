import type { FailureFact } from "../model/run.ts";
import type { SpanEvent } from "../model/span.ts";
import { oncePer } from "./memo.ts";
import type { Step } from "./steps.ts";
import { isList, isRecord, plainOf, textOf } from "./value.ts";

/** Exceptions that steer a framework and mean no failure. Source: conventions.md trap 14. */
const control =
  /ParentCommand|GraphInterrupt|GraphBubbleUp|CancelledError|NodeInterrupt|CallDeferred|ApprovalRequired/;

/** Flags by which conventions say that a step failed, beside its status. */
const flags: readonly { readonly key: string; readonly says: (value: unknown) => boolean }[] = [
  { key: "langfuse.observation.level", says: (value) => value === "ERROR" },
  { key: "gen_ai.tool.status", says: (value) => value === "error" },
  { key: "gen_ai.task.status", says: (value) => /error|fail/i.test(String(value)) },
  { key: "genkit:state", says: (value) => value === "error" },
  { key: "error.type", says: (value) => typeof value === "string" && value !== "" },
  {
    key: "haystack.tool.error",
    says: (value) => textOf(value) !== null && value !== "None" && value !== "null",
  },
  { key: "success", says: (value) => value === false || value === "false" },
];

const messageKeys = [
  "langfuse.observation.status_message",
  "error.message",
  "haystack.tool.error",
  "error",
  "pydantic_ai.tool.retry.message",
];

function exceptionOf(step: Step): SpanEvent | undefined {
  return step.span.events.find(
    (event) =>
      event.name === "exception" ||
      event.attributes.has("exception.message") ||
      event.attributes.has("exception.type"),
  );
}

function attributeText(step: Step, key: string): string | null {
  return textOf(plainOf(step.span.attributes.get(key)));
}

/** `a.b.C`, `<class 'a.b.C'>` and `C` are one type; `_OTHER` and `unknown` say nothing. */
function typeName(raw: string | null): string | null {
  const name =
    raw
      ?.replaceAll(/<class '|'>/g, "")
      .split(".")
      .at(-1) ?? null;
  return name === null || name === "_OTHER" || name === "unknown" ? null : name;
}

/** First lines only: stacks differ from run to run. */
function withoutStack(message: string | null): string | null {
  return message === null
    ? null
    : (message.split(/\n\s*(?:at |Traceback|During task)/)[0]?.trim() ?? null);
}

/**
 * The failure that a step's own span records: status ERROR, an exception event, or a convention's flag; null when it records
 * none, which does not yet mean that the step went well (a result may tell of an error).
 *
 * @source conventions.md 3.2, outcome ladder
 */
export const failureOf = oncePer(readFailure);

function readFailure(step: Step): FailureFact | null {
  const exception = exceptionOf(step);
  const isError = step.span.statusCode === "error";
  const flag = flags.find(({ key, says }) => {
    const value = plainOf(step.span.attributes.get(key));
    return value !== null && says(value);
  });
  if (!isError && exception === undefined && flag === undefined) return null;
  if (exception === undefined && copiesStatus(step)) return null;
  const type = typeName(
    textOf(plainOf(exception?.attributes.get("exception.type"))) ??
      attributeText(step, "error.type") ??
      attributeText(step, "error_class"),
  );
  const message =
    withoutStack(textOf(plainOf(exception?.attributes.get("exception.message")))) ??
    withoutStack(textOf(step.span.statusMessage)) ??
    messageKeys
      .map((key) => withoutStack(attributeText(step, key)))
      .find((text) => text !== null) ??
    null;
  if (control.test(type ?? "") || control.test(message ?? "")) return null;
  if (
    exception !== undefined &&
    !isError &&
    step.span.statusCode === "ok" &&
    flag === undefined &&
    step.convention !== "langsmith"
  ) {
    return null;
  }
  return {
    type,
    message,
    at: step.span.spanId,
    propagated: false,
    source: {
      convention: step.convention,
      spanId: step.span.spanId,
      path:
        exception !== undefined
          ? "event:exception"
          : isError
            ? "status"
            : `attr:${flag?.key ?? ""}`,
    },
  };
}

/** openinference-vercel copies an ERROR to every later span and the root: only an exception event speaks there. */
function copiesStatus(step: Step): boolean {
  const { attributes } = step.span;
  return attributes.has("ai.operationId") && attributes.has("openinference.span.kind");
}

/** Whether a step below already tells of the same failure. */
export function failedBelow(step: Step): boolean {
  return step.children.some((child) => failureOf(child) !== null || failedBelow(child));
}

/** Why something failed, by the keys under which results say it. */
function reasonIn(result: Readonly<Record<string, unknown>>): string | null {
  for (const key of ["message", "reason", "detail", "details", "msg", "error", "description"]) {
    const text = textOf(result[key]);
    if (text !== null) return text;
  }
  return null;
}

/** The beginning of texts that frameworks hand to the model in place of a result. Source: conventions.md 3.2. */
const phrases =
  /^\s*(Error executing tool|Error: |Error running tool|Error invoking tool|Error calling tool|Failed to invoke tool|An error occurred while|Tool execution failed|RuntimeError\(|ValueError\(|Exception\(|\w+(Error|Exception): |Traceback \(most recent|Execution error in |\[ERROR\])/i;

/** The text of an error that a tool's result tells of, by its shape or by a framework's phrase; null when it tells of none. */
export function errorIn(
  result: unknown,
): { readonly text: string; readonly byShape: boolean } | null {
  if (typeof result === "string") {
    return phrases.test(result) ? { text: result.trim(), byShape: false } : null;
  }
  if (!isRecord(result)) return null;
  for (const key of ["error", "error_message", "errorMessage", "exception", "errors"]) {
    const value = result[key];
    if (value === true)
      return { text: textOf(result["message"]) ?? textOf(result["content"]) ?? key, byShape: true };
    const held = isList(value) ? value[0] : value;
    const text = isRecord(held) ? (reasonIn(held) ?? JSON.stringify(held)) : textOf(held);
    if (text !== null && value !== false && text !== "None" && text !== "0")
      return { text, byShape: true };
  }
  for (const key of ["ok", "success", "succeeded"]) {
    if (result[key] === false || result[key] === "false")
      return { text: reasonIn(result) ?? `${key}: false`, byShape: true };
  }
  for (const key of ["status", "status_code", "statusCode", "code"]) {
    const code = result[key];
    const reason = typeof code === "number" && code >= 400 && code < 600 ? reasonIn(result) : null;
    if (reason !== null) return { text: reason, byShape: true };
  }
  for (const key of ["status", "state", "outcome"]) {
    if (/^(error|failure|failed)$/i.test(textOf(result[key]) ?? "")) {
      return { text: reasonIn(result) ?? `${key}: ${String(result[key])}`, byShape: true };
    }
  }
  if (result["isError"] === true || result["is_error"] === true) {
    return { text: textOf(result["content"]) ?? "isError", byShape: true };
  }
  return null;
}
