import { behavioral, absentAttribute, methodAttribute } from "../signals/attributes.ts";
import { signalNames } from "../model/signal.ts";
import { isReadKey } from "../ingest/layout.ts";

/**
 * Attributes that are read outside the tables of `fields.ts`: a span's kind, failures, evaluations, joins, what the application declared.
 * `read-keys.test.ts` compares it with the sources.
 */
const others: ReadonlySet<string> = new Set([
  // kinds.ts
  "ag2.span.type",
  "ai.operationId",
  "crewai.event_name",
  "genkit:metadata:subtype",
  "gen_ai.operation.name",
  "haystack.component.type",
  "langfuse.observation.metadata.is_langchain_root",
  "langfuse.observation.type",
  "langsmith.span.kind",
  "llm.request.type",
  "logfire.span_type",
  "mastra.span.type",
  "mcp.method.name",
  "mlflow.spanType",
  "openinference.span.kind",
  "operation.name",
  "span.type",
  "traceloop.span.kind",
  "workflow.id",
  // failures.ts
  "error",
  "error.message",
  "error.type",
  "error_class",
  "gen_ai.task.status",
  "gen_ai.tool.status",
  "genkit:state",
  "haystack.tool.error",
  "langfuse.observation.level",
  "langfuse.observation.status_message",
  "pydantic_ai.tool.retry.message",
  "success",
  // evaluations.ts, group.ts, told.ts
  "gen_ai.guardrail.name",
  "gen_ai.guardrail.triggered",
  "gen_ai.request.previous_response.id",
  "message",
  // app-steps.ts: what carries a request is no step of the application
  "db.system",
  "db.system.name",
  "http.method",
  "http.request.method",
  "messaging.system",
  "rpc.system",
  // written by us
  "rootward.truncated",
  ...Object.values(behavioral),
  ...signalNames.flatMap((name) => [methodAttribute(name), absentAttribute(name)]),
]);

/** Whether some rule reads a span's attribute of this name. */
export function isKnownKey(key: string): boolean {
  return others.has(key) || isReadKey(key);
}
