import type { Span } from "../model/span.ts";
import { has, text } from "./kind-rows.ts";
import type { Detected, Row } from "./kind-rows.ts";
import { frameworkRows, genAiOperations, scopeRows } from "./kinds-frameworks.ts";

export type { StepKind } from "./kind-rows.ts";

/** Spans whose own kind contradicts what they are. Source: conventions.md 3.1, rule 0. */
const exceptions: readonly Row[] = [
  {
    convention: "logfire",
    when: (span) => (text(span, "logfire.span_type") === "pending_span" ? "other" : null),
  },
  {
    convention: "openinference",
    when: (span) =>
      has(span, "tool.name") && ["AGENT", "CHAIN"].includes(text(span, "openinference.span.kind"))
        ? "tool"
        : null,
  },
  {
    convention: "openinference",
    when: (span) =>
      text(span, "openinference.span.kind") === "LLM" && span.name.startsWith("invoke_agent ")
        ? "agent"
        : null,
  },
  {
    convention: "llamaindex",
    when: (span) => (span.name.endsWith("._prepare_chat_with_tools") ? "other" : null),
  },
  {
    convention: "agent-framework",
    when: (span) => (span.name === "workflow.run" && has(span, "workflow.id") ? "workflow" : null),
  },
  {
    convention: "haystack",
    when: (span) =>
      span.name === "Agent.run" && span.scope.name.endsWith("haystack") ? "agent" : null,
  },
  { convention: "ag2", when: (span) => (text(span, "ag2.span.type") === "usage" ? "other" : null) },
  {
    convention: "crewai",
    when: (span) => (text(span, "crewai.event_name") === "tool_failure_detected" ? "part" : null),
  },
  {
    convention: "langsmith",
    when: (span) => (span.name.endsWith(".wrap_tool_call") ? "other" : null),
  },
  {
    convention: "google-adk",
    when: (span) => (/^execute_tool \(merged( tools)?\)$/.test(span.name) ? "other" : null),
  },
  {
    convention: "otel-genai",
    when: (span) =>
      ["create_agent", "unknown"].includes(text(span, "gen_ai.operation.name")) ||
      span.name === "workflow.build"
        ? "other"
        : null,
  },
  {
    convention: "openinference",
    when: (span) =>
      text(span, "openinference.span.kind") === "TOOL" && /^handoff to /i.test(span.name)
        ? "handoff"
        : null,
  },
  {
    convention: "otel-genai",
    when: (span) =>
      has(span, "gen_ai.transfer.target.name") || has(span, "gen_ai.handoff.to_agent")
        ? "handoff"
        : null,
  },
];

const structureRows: readonly Row[] = [
  {
    convention: "otel-genai",
    when: (span) =>
      has(span, "gen_ai.tool.name") || has(span, "gen_ai.tool.call.id") ? "tool" : null,
  },
  {
    convention: "openllmetry",
    when: (span) =>
      has(span, "db.vector.query.top_k") ||
      span.events.some((event) => event.name.startsWith("db.query."))
        ? "retrieval"
        : null,
  },
  {
    convention: "otel-genai",
    when: (span) =>
      has(span, "gen_ai.request.model") ||
      has(span, "gen_ai.response.model") ||
      has(span, "llm.request.type")
        ? "llm"
        : null,
  },
];

const nameRows: readonly Row[] = [
  {
    convention: "otel-genai",
    when: (span) => {
      if (/^execute_tool ./.test(span.name)) return "tool";
      if (/^invoke_agent ./.test(span.name)) return "agent";
      if (/^retrieval ./.test(span.name) || span.name.endsWith(".retrieve")) return "retrieval";
      return span.name.endsWith(".tool") ? "tool" : null;
    },
  },
];

/** The first row that matches decides: specific before generic, so that spans of two conventions come out right. */
const rows: readonly Row[] = [
  ...exceptions,
  ...frameworkRows,
  { convention: "otel-genai", attribute: "gen_ai.operation.name", values: genAiOperations },
  ...scopeRows,
  ...structureRows,
  ...nameRows,
];

/**
 * Which kind of step a span is, and by which convention it says so. A span that nothing recognizes is a `chain` of the
 * application: it may hold steps, or be one that can fail.
 *
 * @source conventions.md 3.1
 */
export function detect(span: Span): Detected {
  for (const row of rows) {
    if ("when" in row) {
      const kind = row.when(span);
      if (kind !== null) return { kind, convention: row.convention };
      continue;
    }
    const value = text(span, row.attribute);
    if (value === "") continue;
    const kind = Object.hasOwn(row.values, value) ? row.values[value] : row.rest;
    if (kind !== undefined) return { kind, convention: row.convention };
  }
  return { kind: "chain", convention: "app" };
}
