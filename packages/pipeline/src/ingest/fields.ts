import type { Convention, Source } from "../model/run.ts";
import type { Span } from "../model/span.ts";
import { parseText } from "./parse.ts";
import { at, isRecord, plainOf, textOf, unflatten } from "./value.ts";

/** One place where a convention keeps a field. */
type Place =
  | { readonly in: "attr"; readonly convention: Convention; readonly key: string }
  | {
      readonly in: "json";
      readonly convention: Convention;
      readonly key: string;
      readonly path: readonly (string | number)[];
    }
  | { readonly in: "flat"; readonly convention: Convention; readonly key: string }
  | {
      readonly in: "event";
      readonly convention: Convention;
      readonly key: string;
      readonly event: RegExp;
    }
  | { readonly in: "name"; readonly convention: Convention; readonly pattern: RegExp }
  | { readonly in: "resource"; readonly convention: Convention; readonly key: string };

type Path = readonly (string | number)[];

function attr(convention: Convention, ...keys: readonly string[]): readonly Place[] {
  return keys.map((key) => ({ in: "attr", convention, key }) as const);
}
function json(convention: Convention, key: string, ...paths: readonly Path[]): readonly Place[] {
  return paths.map((path) => ({ in: "json", convention, key, path }) as const);
}
function flat(convention: Convention, key: string): readonly Place[] {
  return [{ in: "flat", convention, key }];
}
function event(convention: Convention, name: RegExp, key: string): readonly Place[] {
  return [{ in: "event", convention, event: name, key }];
}
function named(convention: Convention, pattern: RegExp): readonly Place[] {
  return [{ in: "name", convention, pattern }];
}
function resource(convention: Convention, ...keys: readonly string[]): readonly Place[] {
  return keys.map((key) => ({ in: "resource", convention, key }) as const);
}

const identity = {
  workflow: [
    ...attr("otel-genai", "gen_ai.workflow.name"),
    ...attr("langfuse", "langfuse.trace.name"),
    ...attr("openllmetry", "traceloop.workflow.name"),
    ...attr("langsmith", "langsmith.trace.name"),
    ...attr("agent-framework", "workflow.name"),
    ...attr("agent-framework", "agno.team.name"),
    ...attr("vercel-ai", "ai.telemetry.functionId"),
    ...attr("genkit", "genkit:name"),
  ],
  agentName: [
    ...attr("crewai", "crewai.agent.role"),
    ...attr("otel-genai", "gen_ai.agent.name"),
    ...attr("openinference", "agent.name", "graph.node.id"),
    ...json("openinference", "metadata", ["lc_agent_name"]),
    ...attr("langsmith", "langsmith.metadata.lc_agent_name"),
    ...attr("langfuse", "langfuse.observation.metadata.lc_agent_name"),
    ...attr("openllmetry", "agno.team.name"),
    ...attr("haystack", "haystack.component.name"),
    ...attr("vercel-ai", "ai.telemetry.functionId"),
  ],
  /** Where a span of kind agent says its name only in its own name. */
  agentSpanName: [
    ...attr("openllmetry", "traceloop.entity.name"),
    ...named("otel-genai", /^invoke_agent (.+)$/),
    ...attr("logfire", "name"),
    ...named("logfire", /^Agent run: '?([^{}]+?)'?$/),
    ...named("openllmetry", /^(.+)\.(?:agent|team)$/),
    ...named("openinference", /^agent_run \[(.+)\]$/),
    ...named(
      "openinference",
      /^(.+?)\.(?:run|arun|on_messages_stream|on_messages|generate_reply|run_stream)$/,
    ),
    ...named("mastra", /^(?:invoke_agent|agent run:?) '?(.+?)'?$/),
  ],
  agentId: attr("otel-genai", "gen_ai.agent.id"),
  agentVersion: [
    ...attr("otel-genai", "gen_ai.agent.version"),
    ...attr("openllmetry", "traceloop.entity.version"),
    ...attr("langfuse", "langfuse.version"),
  ],
  session: [
    ...attr("openinference", "session.id"),
    ...attr("otel-genai", "gen_ai.conversation.id"),
    ...attr("langfuse", "langfuse.session.id"),
    ...attr("openllmetry", "traceloop.association.properties.session_id"),
    ...attr("vercel-ai", "ai.telemetry.metadata.sessionId", "ai.settings.context.sessionId"),
    ...attr(
      "langsmith",
      "langsmith.trace.session_id",
      "langsmith.metadata.session_id",
      "langsmith.metadata.thread_id",
    ),
    ...attr("mastra", "mastra.metadata.sessionId"),
    ...attr("google-adk", "gcp.vertex.agent.session_id"),
    ...attr("logfire", "group_id"),
    ...json("openinference", "metadata", ["session_id"], ["thread_id"]),
  ],
  user: [
    ...attr("otel-genai", "user.id"),
    ...attr("langfuse", "langfuse.user.id"),
    ...attr("openllmetry", "traceloop.association.properties.user_id"),
    ...attr("vercel-ai", "ai.telemetry.metadata.userId", "ai.settings.context.userId"),
    ...attr("langsmith", "langsmith.metadata.user_id"),
    ...attr("mastra", "mastra.metadata.userId"),
    ...json("openinference", "metadata", ["user_id"]),
  ],
  environment: [
    ...resource("otel-genai", "deployment.environment.name", "deployment.environment"),
    ...attr("langfuse", "langfuse.environment"),
    ...attr("otel-genai", "deployment.environment.name"),
  ],
  service: resource("otel-genai", "service.name"),
  serviceVersion: [
    ...attr("langfuse", "langfuse.release"),
    ...attr("langsmith", "langsmith.metadata.revision_id"),
    ...resource("otel-genai", "service.version"),
  ],
  commit: resource("otel-genai", "vcs.ref.head.revision"),
  taskType: attr("app", "agent.behavioral.task_type"),
  promptName: [
    ...attr("otel-genai", "gen_ai.prompt.name"),
    ...attr("langfuse", "langfuse.observation.prompt.name"),
    ...attr("openinference", "llm.prompt_template.id", "prompt.id"),
    ...attr("openllmetry", "traceloop.prompt.key"),
  ],
  promptVersion: [
    ...attr("otel-genai", "gen_ai.prompt.version"),
    ...attr("langfuse", "langfuse.observation.prompt.version"),
    ...attr("openinference", "llm.prompt_template.version"),
    ...attr("openllmetry", "traceloop.prompt.version"),
  ],
  index: [
    ...attr(
      "otel-genai",
      "gen_ai.data_source.version",
      "gen_ai.data_source.id",
      "db.collection.version",
    ),
    ...attr("openllmetry", "db.collection.name", "db.vector.collection"),
  ],
} as const satisfies Record<string, readonly Place[]>;

const model = {
  modelRequested: [
    ...attr("openinference", "llm.request.model_name"),
    ...attr("otel-genai", "gen_ai.request.model"),
    ...attr("vercel-ai", "ai.model.id"),
    ...attr("langsmith", "langsmith.metadata.ls_model_name"),
    ...json("openinference", "llm.invocation_parameters", ["model"], ["model_name"]),
    ...attr("genkit", "genkit:name"),
    ...attr("mastra", "mastra.model"),
    ...attr("openinference", "llm.model_name"),
  ],
  modelAnswered: [
    ...attr("openinference", "llm.response.model_name"),
    ...attr("otel-genai", "gen_ai.response.model"),
    ...attr("vercel-ai", "ai.response.model"),
    ...json(
      "openinference",
      "output.value",
      ["model"],
      ["generations", 0, 0, "message", "kwargs", "response_metadata", "model_name"],
      ["generations", 0, 0, "message", "kwargs", "response_metadata", "model"],
      ["llmOutput", "model"],
    ),
    ...attr("langfuse", "langfuse.observation.model.name"),
    ...json("genkit", "genkit:output", ["raw", "model"]),
    ...attr("openinference", "llm.model_name"),
  ],
  modelBuild: [
    ...attr(
      "otel-genai",
      "gen_ai.openai.response.system_fingerprint",
      "openai.response.system_fingerprint",
      "gen_ai.response.system_fingerprint",
    ),
    ...json(
      "openinference",
      "output.value",
      ["system_fingerprint"],
      [0, "system_fingerprint"],
      ["generations", 0, 0, "message", "kwargs", "response_metadata", "system_fingerprint"],
    ),
    ...json("langsmith", "gen_ai.completion", ["system_fingerprint"]),
    ...json("vercel-ai", "ai.response.providerMetadata", ["openai", "systemFingerprint"]),
  ],
  provider: [
    ...attr("otel-genai", "gen_ai.provider.name", "gen_ai.system"),
    ...attr("openinference", "llm.provider", "llm.system"),
    ...attr("vercel-ai", "ai.model.provider"),
  ],
  responseId: [
    ...attr("otel-genai", "gen_ai.response.id"),
    ...attr("vercel-ai", "ai.response.id"),
    ...json(
      "openinference",
      "output.value",
      ["id"],
      ["generations", 0, 0, "message", "kwargs", "id"],
    ),
    ...json("langsmith", "gen_ai.completion", ["id"]),
  ],
  finish: [
    ...attr("otel-genai", "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason"),
    ...attr("openinference", "llm.finish_reason"),
    ...attr("vercel-ai", "ai.response.finishReason"),
    ...attr("openllmetry", "gen_ai.completion.0.finish_reason"),
    ...attr("claude-code", "stop_reason"),
    ...attr("langfuse", "langfuse.observation.metadata.finish_reason"),
    ...attr("anthropic", "anthropic.message.stop_reason"),
    ...event("strands", /^gen_ai\.choice$/, "finish_reason"),
    ...json("langfuse", "langfuse.observation.output", ["finish_reason"]),
  ],
  system: [
    ...attr("otel-genai", "gen_ai.system_instructions"),
    ...attr("strands", "system_prompt"),
    ...json(
      "google-adk",
      "gcp.vertex.agent.llm_request",
      ["config", "systemInstruction"],
      ["config", "system_instruction"],
    ),
  ],
  tokensIn: [
    ...attr("otel-genai", "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    ...attr("openinference", "llm.token_count.prompt"),
    ...attr("vercel-ai", "ai.usage.inputTokens", "ai.usage.promptTokens"),
    ...json("langfuse", "langfuse.observation.usage_details", ["input"], ["prompt_tokens"]),
    ...json("langsmith", "langsmith.usage_metadata", ["input_tokens"]),
    ...attr("claude-code", "input_tokens"),
    ...json("genkit", "genkit:output", ["usage", "inputTokens"]),
  ],
  tokensOut: [
    ...attr("otel-genai", "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    ...attr("openinference", "llm.token_count.completion"),
    ...attr("vercel-ai", "ai.usage.outputTokens", "ai.usage.completionTokens"),
    ...json("langfuse", "langfuse.observation.usage_details", ["output"], ["completion_tokens"]),
    ...json("langsmith", "langsmith.usage_metadata", ["output_tokens"]),
    ...attr("claude-code", "output_tokens"),
    ...json("genkit", "genkit:output", ["usage", "outputTokens"]),
  ],
  cacheRead: [
    ...attr("otel-genai", "gen_ai.usage.cache_read.input_tokens"),
    ...attr("openinference", "llm.token_count.prompt_details.cache_read"),
  ],
  logprobs: [
    ...event("openllmetry", /^logprobs$/, "logprobs"),
    ...json("vercel-ai", "ai.response.providerMetadata", ["openai", "logprobs"]),
    ...json(
      "openinference",
      "output.value",
      ["choices", 0, "logprobs", "content"],
      [0, "choices", 0, "logprobs", "content"],
      ["generations", 0, 0, "message", "kwargs", "response_metadata", "logprobs", "content"],
      ["generations", 0, 0, "generationInfo", "logprobs", "content"],
      ["generations", 0, 0, "generation_info", "logprobs", "content"],
      ["logprobs", "content"],
    ),
    ...json("langsmith", "gen_ai.completion", ["choices", 0, "logprobs", "content"]),
    ...json("langfuse", "langfuse.observation.output", ["logprobs", "content"], ["logprobs"]),
    ...json("langfuse", "langfuse.observation.metadata", ["logprobs", "content"], ["logprobs"]),
    ...attr("langfuse", "langfuse.observation.metadata.logprobs"),
    ...attr("otel-genai", "gen_ai.response.logprobs"),
    ...json("otel-genai", "ai.response.providerMetadata", ["openai", "logprobs"]),
    ...json("mastra", "mastra.metadata.body", ["choices", 0, "logprobs", "content"]),
    ...json("genkit", "genkit:output", ["raw", "choices", 0, "logprobs", "content"]),
    ...json("mlflow", "mlflow.spanOutputs", ["choices", 0, "logprobs", "content"]),
  ],
  llmInput: [
    ...attr("otel-genai", "gen_ai.input.messages"),
    ...flat("openinference", "llm.input_messages"),
    ...attr("vercel-ai", "ai.prompt.messages"),
    ...flat("openllmetry", "gen_ai.prompt"),
    ...attr("langfuse", "langfuse.observation.input"),
    ...attr("langsmith", "gen_ai.prompt"),
    ...attr("vercel-ai", "ai.prompt"),
    ...attr("google-adk", "gcp.vertex.agent.llm_request"),
    ...attr("genkit", "genkit:input"),
    ...attr(
      "mastra",
      "mastra.model_inference.input",
      "mastra.model_step.input",
      "mastra.model_generation.input",
    ),
    ...attr("mlflow", "mlflow.spanInputs"),
    ...attr("haystack", "haystack.agent.step.llm.input", "haystack.component.input"),
    ...attr("logfire", "events", "raw_input", "request_data"),
    ...attr("claude-code", "user_prompt"),
    ...attr("openinference", "input.value"),
    ...attr("openllmetry", "traceloop.entity.input"),
  ],
  llmOutput: [
    ...attr("otel-genai", "gen_ai.output.messages"),
    ...flat("openinference", "llm.output_messages"),
    ...flat("openllmetry", "gen_ai.completion"),
    ...attr("langfuse", "langfuse.observation.output"),
    ...attr("langsmith", "gen_ai.completion"),
    ...attr("google-adk", "gcp.vertex.agent.llm_response"),
    ...attr("genkit", "genkit:output"),
    ...attr(
      "mastra",
      "mastra.model_inference.output",
      "mastra.model_step.output",
      "mastra.model_generation.output",
    ),
    ...attr("mlflow", "mlflow.spanOutputs"),
    ...attr("haystack", "haystack.agent.step.llm.output", "haystack.component.output"),
    ...attr("logfire", "response", "response_data"),
    ...attr("openinference", "output.value"),
    ...attr("openllmetry", "traceloop.entity.output"),
  ],
  llmText: attr("vercel-ai", "ai.response.text", "ai.response.object"),
  llmCalls: attr("vercel-ai", "ai.response.toolCalls"),
  tools: [
    ...attr("otel-genai", "gen_ai.tool.definitions"),
    ...attr("vercel-ai", "ai.prompt.tools"),
    ...flat("openinference", "llm.tools"),
    ...flat("openllmetry", "llm.request.functions"),
    ...json("langfuse", "langfuse.observation.input", ["tools"]),
    ...json("langsmith", "gen_ai.prompt", ["tools"]),
    ...json("google-adk", "gcp.vertex.agent.llm_request", ["config", "tools"]),
    ...json("genkit", "genkit:input", ["tools"]),
    ...json("mlflow", "mlflow.spanInputs", ["tools"]),
    ...json("openinference", "llm.invocation_parameters", ["tools"]),
  ],
} as const satisfies Record<string, readonly Place[]>;

const work = {
  toolName: [
    ...attr("otel-genai", "gen_ai.tool.name"),
    ...attr("vercel-ai", "ai.toolCall.name"),
    ...attr("openinference", "tool.name"),
    ...attr("haystack", "haystack.tool.name"),
    ...attr("claude-code", "tool_name"),
    ...attr("openllmetry", "traceloop.entity.name"),
    ...attr("genkit", "genkit:name"),
    ...attr("logfire", "name"),
    ...named("otel-genai", /^execute_tool (\S+)/),
    ...named("openllmetry", /^(.+)\.tool$/),
    ...named("openinference", /^(.+)\.__call__$/),
    ...named("openinference", /^(.+)$/),
  ],
  toolCallId: [
    ...attr("otel-genai", "gen_ai.tool.call.id"),
    ...attr("vercel-ai", "ai.toolCall.id"),
    ...attr("openinference", "tool_call.id", "tool.id", "tool.call_id"),
    ...attr("langfuse", "langfuse.observation.metadata.tool_call_id"),
    ...json(
      "openinference",
      "output.value",
      ["output", "kwargs", "tool_call_id"],
      ["data", "tool_call_id"],
    ),
  ],
  toolArgs: [
    ...attr("otel-genai", "gen_ai.tool.call.arguments"),
    ...attr("vercel-ai", "ai.toolCall.args", "ai.toolCall.input"),
    ...attr("google-adk", "gcp.vertex.agent.tool_call_args"),
    ...attr("langfuse", "langfuse.observation.input"),
    ...attr("llamaindex", "tool.arguments"),
    ...attr("langsmith", "gen_ai.prompt"),
    ...attr("mastra", "mastra.tool_call.input", "mastra.mcp_tool_call.input"),
    ...attr("genkit", "genkit:input"),
    ...attr("mlflow", "mlflow.spanInputs"),
    ...attr("haystack", "haystack.agent.step.tool.input", "haystack.tool.input"),
    ...attr("pydantic-ai", "tool_arguments"),
    ...event("strands", /^gen_ai\.tool\.message$/, "content"),
    ...event("strands", /^gen_ai\.client\.inference\.operation\.details$/, "gen_ai.input.messages"),
    ...attr("openinference", "input.value"),
    ...attr("openinference", "tool_call.function.arguments"),
    ...attr("openllmetry", "traceloop.entity.input"),
    ...attr("logfire", "input"),
  ],
  toolResult: [
    ...attr("otel-genai", "gen_ai.tool.call.result"),
    ...attr("vercel-ai", "ai.toolCall.result", "ai.toolCall.output"),
    ...attr("google-adk", "gcp.vertex.agent.tool_response"),
    ...attr("langfuse", "langfuse.observation.output"),
    ...attr("langsmith", "gen_ai.completion"),
    ...attr("mastra", "mastra.tool_call.output", "mastra.mcp_tool_call.output"),
    ...attr("genkit", "genkit:output"),
    ...attr("mlflow", "mlflow.spanOutputs"),
    ...attr("haystack", "haystack.agent.step.tool.output", "haystack.tool.output"),
    ...attr("pydantic-ai", "tool_response"),
    ...attr("anthropic", "anthropic.tool_result.content"),
    ...event("strands", /^gen_ai\.choice$/, "message"),
    ...event(
      "strands",
      /^gen_ai\.client\.inference\.operation\.details$/,
      "gen_ai.output.messages",
    ),
    ...event("claude-code", /^tool\.output$/, "content"),
    ...attr("openinference", "output.value"),
    ...attr("openllmetry", "traceloop.entity.output"),
    ...attr("logfire", "output"),
  ],
  toolServer: attr("mcp", "mcp.server.name", "mcp.server", "gen_ai.tool.mcp.server"),
  query: [
    ...attr("otel-genai", "gen_ai.retrieval.query.text", "gen_ai.retrieval.query"),
    ...attr("openinference", "reranker.query"),
    ...json("langsmith", "gen_ai.prompt", ["query"]),
    ...attr("langfuse", "langfuse.observation.input"),
    ...attr("mlflow", "mlflow.spanInputs"),
    ...attr("genkit", "genkit:input"),
    ...attr("haystack", "haystack.component.input"),
    ...attr("openinference", "input.value"),
    ...attr("openllmetry", "traceloop.entity.input"),
  ],
  documents: [
    ...attr("otel-genai", "gen_ai.retrieval.documents"),
    ...flat("openinference", "retrieval.documents"),
    ...flat("openinference", "reranker.output_documents"),
    ...attr("openinference", "retrieval.documents"),
    ...attr("langsmith", "gen_ai.completion"),
    ...attr("langfuse", "langfuse.observation.output"),
    ...attr("mlflow", "mlflow.spanOutputs"),
    ...attr("genkit", "genkit:output"),
    ...attr("haystack", "haystack.component.output"),
    ...attr("openinference", "output.value"),
    ...attr("openllmetry", "traceloop.entity.output"),
  ],
  topK: [
    ...attr("otel-genai", "gen_ai.retrieval.top_k", "gen_ai.request.top_k"),
    ...attr("openllmetry", "db.vector.query.top_k"),
  ],
  handoffFrom: [
    ...attr("otel-genai", "gen_ai.handoff.from_agent", "gen_ai.caller.name"),
    ...attr("logfire", "from_agent"),
    ...json("openinference", "input.value", ["from_agent"]),
    ...attr("openllmetry", "gen_ai.handoff.parent_agent"),
  ],
  handoffTo: [
    ...attr("otel-genai", "gen_ai.handoff.to_agent", "gen_ai.transfer.target.name"),
    ...attr("logfire", "to_agent"),
    ...json("openinference", "output.value", ["to_agent"]),
    ...named("openinference", /^hand[_-]?off to (.+)$/i),
    ...attr("openllmetry", "langgraph.command.goto_node"),
    ...named("openllmetry", /^.+ → (.+?)\.handoff$/),
  ],
  input: [
    ...attr("openllmetry", "traceloop.entity.input"),
    ...attr("langfuse", "langfuse.observation.input", "langfuse.trace.input"),
    ...attr("otel-genai", "gen_ai.input.messages"),
    ...attr("vercel-ai", "ai.prompt"),
    ...attr("langsmith", "gen_ai.prompt"),
    ...attr("mastra", "mastra.agent_run.input", "mastra.workflow_run.input"),
    ...attr("genkit", "genkit:input"),
    ...attr("mlflow", "mlflow.spanInputs"),
    ...attr("haystack", "haystack.agent.input", "haystack.pipeline.input_data"),
    ...attr("claude-code", "user_prompt"),
    ...attr("crewai", "crew_inputs"),
    ...attr("openinference", "input.value"),
    ...event("strands", /^gen_ai\.user\.message$/, "content"),
    ...event("strands", /^gen_ai\.client\.inference\.operation\.details$/, "gen_ai.input.messages"),
  ],
  output: [
    ...attr("crewai", "crewai.crew.result", "crewai.crew.output"),
    ...attr("pydantic-ai", "final_result"),
    ...attr("openllmetry", "traceloop.entity.output"),
    ...attr("langfuse", "langfuse.observation.output", "langfuse.trace.output"),
    ...attr("otel-genai", "gen_ai.output.messages"),
    ...attr("vercel-ai", "ai.response.text", "ai.response.object"),
    ...attr("langsmith", "gen_ai.completion"),
    ...attr("mastra", "mastra.agent_run.output", "mastra.workflow_run.output"),
    ...attr("genkit", "genkit:output"),
    ...attr("mlflow", "mlflow.spanOutputs"),
    ...attr("haystack", "haystack.agent.output", "haystack.pipeline.output_data"),
    ...attr("openinference", "output.value"),
    ...event("strands", /^gen_ai\.choice$/, "message"),
    ...event(
      "strands",
      /^gen_ai\.client\.inference\.operation\.details$/,
      "gen_ai.output.messages",
    ),
  ],
} as const satisfies Record<string, readonly Place[]>;

const table = { ...identity, ...model, ...work };
export type Field = keyof typeof table;

/** A field as sent, with where it stood. */
export interface Found {
  readonly value: unknown;
  readonly source: Source;
}

/** What senders write where they write nothing. Source: conventions.md 2, item 7. */
const placeholders: ReadonlySet<string> = new Set([
  "<not specified>",
  "__REDACTED__",
  "[REDACTED]",
  "<masked>",
  "<elided>",
  "<redacted>",
  "[redacted]",
  "redacted",
  "None",
  "null",
  "{}",
]);

/** Whether a value says nothing: null, blank, or a placeholder for what was left out. */
export function isPlaceholder(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "string" && (value.trim() === "" || placeholders.has(value.trim()));
}

/**
 * A field of a span at the first place that holds it, in the order of the table; placeholders count as nothing.
 *
 * @param accepts a further test on the value; places that fail it are passed over
 * @returns null when no convention's place holds it
 */
export function find(
  span: Span,
  field: Field,
  accepts: (value: unknown) => boolean = () => true,
): Found | null {
  const places: readonly Place[] = table[field];
  for (const place of places) {
    const value = valueAt(span, place);
    if (isPlaceholder(value) || !accepts(value)) continue;
    return {
      value,
      source: { convention: place.convention, spanId: span.spanId, path: pathOf(place) },
    };
  }
  return null;
}

/** As `find`, for a field that is one line of text: quotes around it and a cut JSON string are taken off. */
export function findText(span: Span, field: Field): string | null {
  const text = textOf(find(span, field, (value) => textOf(value) !== null)?.value);
  if (text === null) return null;
  const inner = /^"(.*)"$/s.exec(text)?.[1];
  return inner ?? text;
}

function pathOf(place: Place): string {
  switch (place.in) {
    case "attr":
      return `attr:${place.key}`;
    case "json":
      return `attr:${place.key}/${place.path.join("/")}`;
    case "flat":
      return `attr:${place.key}.*`;
    case "event":
      return `event:${place.event.source.replaceAll(/[\\^$]/g, "")}/${place.key}`;
    case "name":
      return "name";
    case "resource":
      return `resource:${place.key}`;
  }
}

function valueAt(span: Span, place: Place): unknown {
  switch (place.in) {
    case "attr":
      return span.attributes.has(place.key) ? plainOf(span.attributes.get(place.key)) : null;
    case "json":
      return jsonAt(span, place.key, place.path);
    case "flat":
      return unflatten(span.attributes, place.key);
    case "event": {
      const found = span.events.find(
        (entry) => place.event.test(entry.name) && entry.attributes.has(place.key),
      );
      return found === undefined ? null : plainOf(found.attributes.get(place.key));
    }
    case "name":
      return place.pattern.exec(span.name)?.[1] ?? null;
    case "resource":
      return plainOf(span.resource.attributes.get(place.key));
  }
}

function jsonAt(span: Span, key: string, path: Path): unknown {
  const raw = span.attributes.get(key);
  if (raw === undefined || raw === null) return null;
  // Most bodies do not hold what is looked for: a search is far cheaper than parsing them.
  const wanted = path.findLast((part) => typeof part === "string");
  if (typeof raw === "string" && wanted !== undefined && !raw.includes(String(wanted))) return null;
  const value = typeof raw === "string" ? parseText(raw).value : plainOf(raw);
  return isRecord(value) || Array.isArray(value) ? at(value, path) : null;
}
