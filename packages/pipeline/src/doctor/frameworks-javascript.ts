import { common, never, sent, set } from "./framework.ts";
import type { Fact, Framework, Setting } from "./framework.ts";

const script = { language: "JavaScript", evidence: "captured" } as const;
const recording = "recordInputs: false or recordOutputs: false";

const vercel: Readonly<Record<Fact, Setting>> = {
  ...common,
  content: sent(recording),
  toolArguments: sent(recording),
  toolResults: sent(recording),
  agentNames: set('telemetry: {functionId: "…"}'),
  session: set(
    "new OpenTelemetry({runtimeContext: true}); runtimeContext: {sessionId} and telemetry: {includeRuntimeContext: {sessionId: true}}",
  ),
  user: set(
    "new OpenTelemetry({runtimeContext: true}); runtimeContext: {userId} and telemetry: {includeRuntimeContext: {userId: true}}",
  ),
  modelAnswered: sent(),
  tokenUsage: sent(),
  logprobs: set("new OpenTelemetry({providerMetadata: true}), and ask the model for logprobs"),
};
const legacy: Readonly<Record<Fact, Setting>> = {
  ...vercel,
  agentNames: set('experimental_telemetry: {functionId: "…"}'),
  session: set('experimental_telemetry: {metadata: {sessionId: "…"}}'),
  user: set('experimental_telemetry: {metadata: {userId: "…"}}'),
  logprobs: set("ask the model for logprobs: they stand in ai.response.providerMetadata"),
};
const vercelCannotSee = [
  "retrieval: documents stand in tool results or in the prompt only",
  "retries of a model call: only a longer span",
] as const;
const vercelUsage =
  "usage is summed over model calls: the root repeats the sum (6, 7) or the last step (5)";

/** The AI SDK in its forms. Source: conventions.md 1 and 2. */
const vercelFrameworks: readonly Framework[] = [
  {
    ...script,
    id: "vercel-ai-openinference",
    title: "AI SDK (openinference-vercel)",
    convention: "openinference",
    knownBy: [{ scope: /^ai$/, anyOf: ["openinference.span.kind"] }],
    settings: legacy,
    cannotSee: vercelCannotSee,
    read: [
      "an ERROR is copied to every later span: only a span with an exception event failed",
      "tool arguments are JSON in JSON",
      vercelUsage,
    ],
  },
  {
    ...script,
    id: "vercel-ai-legacy",
    title: "AI SDK 5, 6, and 7 with LegacyOpenTelemetry",
    convention: "vercel-ai",
    knownBy: [{ scope: /^ai$/ }, { anyOf: ["ai.operationId"] }],
    settings: legacy,
    cannotSee: vercelCannotSee,
    read: [
      vercelUsage,
      "in version 7 the settings are telemetry: {…} instead of experimental_telemetry: {…}",
    ],
  },
  {
    ...script,
    id: "vercel-ai",
    title: "AI SDK 7 (@ai-sdk/otel)",
    convention: "otel-genai",
    knownBy: [{ scope: /^gen_ai$/ }],
    settings: vercel,
    cannotSee: vercelCannotSee,
    read: [
      "the root's output has its text first and its tool parts after: no chronology",
      "OpenTelemetry and LegacyOpenTelemetry at once give two traces of one run: merged by response id",
      vercelUsage,
    ],
  },
];

/** Other frameworks in JavaScript with spans of their own. Source: conventions.md 1 and 2. */
export const scriptFrameworks: readonly Framework[] = [
  ...vercelFrameworks,
  {
    ...script,
    id: "mastra",
    title: "Mastra (@mastra/otel-exporter)",
    convention: "mastra",
    knownBy: [{ scope: /^@mastra\// }, { anyOf: ["mastra.span.type"] }],
    settings: {
      ...common,
      content: sent("spanOutputProcessors filter them"),
      toolArguments: sent("spanOutputProcessors filter them"),
      toolResults: sent("spanOutputProcessors filter them"),
      agentNames: sent(),
      session: set('tracingOptions: {metadata: {sessionId: "…"}}; with memory the thread is read'),
      user: set('tracingOptions: {metadata: {userId: "…"}}'),
      serviceVersion: never(
        "service.version is Mastra's own: it does not tell your releases apart",
      ),
      modelAnswered: sent(),
      tokenUsage: sent(),
      logprobs: set(
        "ask the model for logprobs: they are read from the raw body, mastra.metadata.body",
      ),
    },
    cannotSee: ["your release: service.version is Mastra's", "retrieval, but in tool results"],
    read: [
      "the kind is mastra.span.type; model_generation wraps the loop, model_inference is the call",
      "tool calls stand in mastra.model_step.output, not in gen_ai.output.messages",
      "a sub-agent is the tool agent-<key>",
    ],
  },
  {
    ...script,
    id: "genkit",
    title: "Genkit",
    convention: "genkit",
    knownBy: [{ scope: /^genkit/ }, { anyOf: ["genkit:type", "genkit:metadata:subtype"] }],
    settings: {
      ...common,
      content: sent(),
      toolArguments: sent(),
      toolResults: sent(),
      documents: sent(
        "there is no retriever: then the search tool has to return objects with an id and a text",
      ),
      citations: set("put the document's id into its metadata"),
      agentNames: sent(),
      session: never(
        "only genkit:metadata:context holds it, as JSON; map an attribute of your own",
      ),
      user: never(
        "only genkit:metadata:context holds it, with auth redacted; map an attribute of your own",
      ),
      modelAnswered: sent("the plugin gives no raw body"),
      tokenUsage: sent(),
      logprobs: set(
        "ask the model for logprobs, with a plugin that keeps the raw body (genkit:output.raw)",
      ),
    },
    cannotSee: ["sessions and users as attributes"],
    read: [
      "generate nests one level for each turn: depth is no depth of agents",
      "genkit:isFailureSource marks where a failure began; ancestors are ERROR by propagation",
    ],
  },
  {
    ...script,
    id: "claude-code",
    title: "Claude Code, Claude Agent SDK (native)",
    convention: "claude-code",
    knownBy: [{ scope: /^com\.anthropic\.claude_code/ }],
    settings: {
      ...common,
      content: set(
        "OTEL_LOG_USER_PROMPTS=1 and OTEL_LOGS_EXPORTER=otlp: the answer is a log record",
      ),
      toolArguments: set("OTEL_LOG_TOOL_DETAILS=1"),
      toolResults: set("OTEL_LOG_TOOL_CONTENT=1"),
      agentNames: never("the interaction names no agent"),
      session: sent(),
      user: sent(),
      serviceVersion: never("service.version is Claude Code's own"),
      modelAnswered: never("the answered model is not sent"),
      tokenUsage: sent(),
    },
    cannotSee: ["the answered model", "your release: service.version is Claude Code's"],
    read: [
      "spans need CLAUDE_CODE_ENABLE_TELEMETRY=1, CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1, OTEL_TRACES_EXPORTER=otlp",
      "a failed tool is ERROR on its execution only",
      "the answer is the log record assistant_response",
    ],
  },
  {
    ...script,
    id: "strands-js",
    title: "Strands Agents (TypeScript)",
    convention: "strands",
    knownBy: [
      {
        anyOf: ["agent_loop.cycle_id", "gen_ai.event.start_time", "gen_ai.agent.node_type"],
        scope: /^(?!strands\.telemetry)/,
      },
      {
        anyOf: ["gen_ai.agent.tools"],
        scope: /^(?!strands\.telemetry|opentelemetry|agent_framework)/,
      },
      {
        scope: /^(?!strands\.telemetry)/,
        name: /^(invoke_(swarm|graph)|node .+|execute_agent_loop_cycle)$/,
        anyOf: ["gen_ai.operation.name"],
      },
    ],
    settings: {
      ...common,
      content: sent(),
      toolArguments: sent(),
      toolResults: sent(),
      agentNames: sent(),
      session: set('new Agent({traceAttributes: {"session.id": "…"}})'),
      user: set('new Agent({traceAttributes: {"user.id": "…"}})'),
      modelAnswered: never("the answered model is not sent"),
      tokenUsage: sent(),
    },
    cannotSee: ["the answered model", "response ids", "retrieval, but in tool results"],
    read: [
      "scope and provider are the service's name: spans are known by their attributes",
      "content is in span events; on a tool gen_ai.tool.message is the input and gen_ai.choice the result",
    ],
  },
  {
    ...script,
    id: "google-adk-js",
    title: "Google ADK (JavaScript)",
    convention: "google-adk",
    knownBy: [
      {
        scope: /^gcp\.vertex\.agent/,
        resource: { key: "telemetry.sdk.language", value: /^(?!python)/ },
      },
    ],
    settings: {
      ...common,
      content: sent("ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS=false"),
      toolArguments: sent("ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS=false"),
      toolResults: sent("ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS=false"),
      agentNames: sent(),
      session: sent(),
      user: never("no attribute holds the user"),
      modelAnswered: never("the answered model is not sent"),
      tokenUsage: sent(),
    },
    cannotSee: [
      "a tool that threw: its span has neither status nor attributes",
      "the answered model",
      "users",
    ],
    read: [
      "call_llm has no operation; tools and handed-over agents are its children",
      "finish reasons are stop also for tool calls",
    ],
  },
];
