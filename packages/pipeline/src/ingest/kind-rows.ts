import type { Convention } from "../model/run.ts";
import type { Span } from "../model/span.ts";
import { withoutQuotes } from "./value.ts";

/**
 * The role of a span. `chain` is a container of other steps or the application's own span; `part` belongs to the tool call around
 * it (MCP, its execution); `other` is noise that is kept for the tree and read by nothing.
 */
export type StepKind =
  | "workflow"
  | "agent"
  | "llm"
  | "tool"
  | "retrieval"
  | "handoff"
  | "guardrail"
  | "chain"
  | "part"
  | "other";

export interface Detected {
  readonly kind: StepKind;
  readonly convention: Convention;
}

/** One row of the table: a test on a span, or the values of one attribute. */
export type Row =
  | { readonly convention: Convention; readonly when: (span: Span) => StepKind | null }
  | {
      readonly convention: Convention;
      readonly attribute: string;
      readonly values: Readonly<Record<string, StepKind>>;
      /** What a value that is not listed means; without it the next row decides. */
      readonly rest?: StepKind;
    };

export function text(span: Span, key: string): string {
  const value = span.attributes.get(key);
  return typeof value === "string" ? withoutQuotes(value) : "";
}

export function has(span: Span, key: string): boolean {
  return span.attributes.has(key);
}
