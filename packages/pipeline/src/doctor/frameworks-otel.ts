import { common, never, sent, set } from "./framework.ts";
import type { Fact, Framework, Setting } from "./framework.ts";

const optIn =
  "OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental and OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY (or SPAN_AND_EVENT)";
const capture = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY (or SPAN_AND_EVENT)";
const messages = "tools have no span: calls and results are read from the messages, ";
const ownSpan = "open a span around the run with ";

/** A model client: no agent, no tool spans. */
const client: Readonly<Record<Fact, Setting>> = {
  ...common,
  content: set(optIn),
  toolArguments: set(`${messages}${optIn}`),
  toolResults: set(`${messages}${optIn}`),
  documents: set(
    `open a span around the search with gen_ai.operation.name=retrieval and gen_ai.retrieval.documents=[{"id": …}]`,
  ),
  agentNames: set(`${ownSpan}gen_ai.operation.name=invoke_agent and gen_ai.agent.name`),
  session: set(`${ownSpan}session.id or gen_ai.conversation.id`),
  user: set(`${ownSpan}user.id`),
  modelAnswered: sent(),
  tokenUsage: sent(),
};

/** Spans of your own, written to the conventions. */
const byHand: Readonly<Record<Fact, Setting>> = {
  ...client,
  content: set(
    "set gen_ai.input.messages and gen_ai.output.messages on the span of each model call",
  ),
  toolArguments: set("set gen_ai.tool.call.arguments on the execute_tool span"),
  toolResults: set("set gen_ai.tool.call.result on the execute_tool span"),
  documents: set('set gen_ai.retrieval.documents=[{"id": …, "score": …}] on a retrieval span'),
  citations: set(
    "set the documents' ids in gen_ai.retrieval.documents and the answer in gen_ai.output.messages",
  ),
  agentNames: set("set gen_ai.agent.name on the invoke_agent span"),
  session: set("set gen_ai.conversation.id or session.id"),
  user: set("set user.id"),
  modelAnswered: set("set gen_ai.response.model"),
  modelBuild: set("set openai.response.system_fingerprint"),
  tokenUsage: set("set gen_ai.usage.input_tokens and gen_ai.usage.output_tokens"),
  logprobs: never("no convention defines them; set agent.behavioral.confidence instead"),
};

const python = { language: "Python", convention: "otel-genai", evidence: "captured" } as const;
const clientCannotSee = [
  "tool runs, agents, sessions: the application has to open spans of its own",
  "which calls make one run, without a span around them: they are joined by tool call ids",
] as const;

const genAiKeys = [
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
  "gen_ai.tool.name",
  "gen_ai.agent.name",
] as const;

/** OpenTelemetry's own packages and conventions. Source: conventions.md, introduction, 1 and 2. */
export const otelFrameworks: readonly Framework[] = [
  {
    ...python,
    id: "openai-agents-genai",
    title: "OpenAI Agents SDK (OpenTelemetry contrib, genai-openai-agents)",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.genai\.openai_agents/ }],
    settings: {
      ...client,
      content: set(
        `${capture}; and add opentelemetry-instrumentation-genai-openai for the model calls`,
      ),
      toolArguments: set(capture),
      toolResults: set(capture),
      documents: common.documents,
      agentNames: sent(),
      session: set('RunConfig(group_id="…")'),
      user: never("no attribute holds the user; set user.id on a span of your own"),
      modelAnswered: set("add opentelemetry-instrumentation-genai-openai for the model calls"),
      tokenUsage: set("add opentelemetry-instrumentation-genai-openai for the model calls"),
    },
    cannotSee: [
      "a hand-off's span: it is read from the call transfer_to_X and the agent that follows",
      "model calls, question and answer, without the client's package",
      "the text of a tool's exception: the SDK replaces it",
      "tool calls by their id",
    ],
    read: ["the root is invoke_workflow", "a guardrail's trip is the agent's status text"],
  },
  {
    ...python,
    id: "openai-agents-otel",
    title: "OpenAI Agents SDK (OpenTelemetry contrib, openai-agents-v2)",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.openai_agents/ }],
    settings: {
      ...client,
      content: sent("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=no_content"),
      toolArguments: sent("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=no_content"),
      toolResults: sent("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=no_content"),
      documents: common.documents,
      agentNames: sent(),
      session: never("the SDK's group_id is lost; use genai-openai-agents, which sends it"),
      user: never("no attribute holds the user"),
    },
    cannotSee: [
      "the history: every model call repeats the user's question",
      "system texts, finish reasons, tool definitions",
      "the session (group_id)",
      "which model was asked for: gen_ai.request.model is the answered one",
    ],
    read: [
      "“OpenAI Agent” is a placeholder on every span that is no agent's",
      "a tool call in an answer is a Python repr",
      "a hand-off is the operation agent_handoff",
    ],
  },
  {
    ...python,
    id: "openai-genai",
    title: "OpenAI client (OpenTelemetry contrib, genai-openai)",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.genai\.openai$/ }],
    settings: {
      ...client,
      content: set(capture),
      toolArguments: set(`${messages}${capture}`),
      toolResults: set(`${messages}${capture}`),
      modelBuild: sent("the call uses the Responses API"),
    },
    cannotSee: clientCannotSee,
    read: [
      "with EVENT_ONLY content is in the attributes of log records: /v1/logs must be sent too",
    ],
  },
  {
    ...python,
    id: "openai-otel",
    title: "OpenAI client (OpenTelemetry contrib, openai-v2 with the opt-in)",
    knownBy: [
      { scope: /^opentelemetry\.util\.genai/ },
      { scope: /^opentelemetry\.instrumentation\.genai\./ },
    ],
    settings: { ...client, modelBuild: sent() },
    cannotSee: clientCannotSee,
    read: [
      "with EVENT_ONLY content is in the attributes of log records: /v1/logs must be sent too",
      "other contrib packages share the scope opentelemetry.util.genai.handler",
    ],
  },
  {
    ...python,
    language: "Python, JavaScript",
    convention: "otel-genai-legacy",
    id: "openai-otel-legacy",
    title: "OpenAI client (OpenTelemetry, messages as log records)",
    knownBy: [
      { scope: /^opentelemetry\.instrumentation\.openai_v2/ },
      { scope: /^@opentelemetry\/instrumentation-openai/ },
    ],
    settings: {
      ...client,
      content: set(
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, and send /v1/logs too: messages are log records",
      ),
      toolArguments: set(
        `${messages}OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, and send /v1/logs`,
      ),
      toolResults: set(
        `${messages}OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, and send /v1/logs`,
      ),
    },
    cannotSee: clientCannotSee,
    read: ["log records gen_ai.user.message … gen_ai.choice are joined by span id"],
  },
  {
    ...python,
    language: "any",
    convention: "mcp",
    id: "mcp",
    title: "MCP (client and server spans)",
    knownBy: [{ anyOf: ["mcp.method.name"] }],
    settings: {
      ...byHand,
      modelAnswered: never("MCP calls no model"),
      tokenUsage: never("MCP calls no model"),
    },
    cannotSee: ["which agent or model asked, without the client's own spans around it"],
    read: ["tools/call in client and server and the framework's tool span are one call"],
  },
  {
    ...python,
    language: "any",
    id: "otel-genai-2026",
    title: "OpenTelemetry GenAI conventions of 2026",
    narrows: "otel-genai",
    knownBy: [
      {
        anyOf: [
          "gen_ai.prompt.version",
          "gen_ai.prompt.name",
          "gen_ai.retrieval.top_k",
          "gen_ai.retrieval.documents",
          "gen_ai.usage.cache_write.input_tokens",
          "gen_ai.transfer.target.name",
          "gen_ai.caller.name",
          "gen_ai.request.previous_response.id",
          "gen_ai.invocation.is_nested",
          "gen_ai.workflow.name",
        ],
      },
    ],
    settings: byHand,
    cannotSee: [],
    read: ["captured from spans written by hand: no framework sends all of it yet"],
  },
  {
    ...python,
    language: "any",
    convention: "otel-genai-legacy",
    evidence: "source",
    id: "otel-genai-legacy",
    title: "OpenTelemetry GenAI conventions up to 1.36",
    knownBy: [
      {
        anyOf: ["gen_ai.system", "gen_ai.prompt.0.role", "llm.request.type"],
        noneOf: ["gen_ai.provider.name", "gen_ai.input.messages", "gen_ai.output.messages"],
      },
    ],
    settings: byHand,
    cannotSee: [],
    read: ["messages are log records or events gen_ai.user.message … gen_ai.choice"],
  },
  {
    ...python,
    language: "any",
    evidence: "source",
    id: "otel-genai",
    title: "OpenTelemetry GenAI conventions 1.37 to 1.41, or your own spans",
    knownBy: [{ anyOf: genAiKeys }],
    settings: byHand,
    cannotSee: [],
    read: ["the kind is gen_ai.operation.name"],
  },
];
