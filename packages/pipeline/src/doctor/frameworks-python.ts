import { common, never, sent, set } from "./framework.ts";
import type { Fact, Framework, Setting } from "./framework.ts";

const python = { language: "Python", evidence: "captured" } as const;
const noSession = never("no attribute holds a session; map one of your own in rootward.yaml");
const noUser = never("no attribute holds the user; map one of your own in rootward.yaml");

/** What most native instrumentations send; each says what differs. */
const base: Readonly<Record<Fact, Setting>> = {
  ...common,
  content: sent(),
  toolArguments: sent(),
  toolResults: sent(),
  agentNames: sent(),
  session: noSession,
  user: noUser,
  modelAnswered: sent(),
  tokenUsage: sent(),
};

const crewCannotSee = [
  "the answered model: gen_ai.response.model repeats the requested one",
  "a session: the conversation id is the task's",
  "which model call asked for a tool",
] as const;

const adkContent =
  "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY (or SPAN_AND_EVENT); EVENT_ONLY sends log records";
const mafContent =
  "configure_otel_providers(enable_sensitive_data=True), or ENABLE_SENSITIVE_DATA=true";
const kernelContent = "SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE=true";
const haystackContent = "HAYSTACK_CONTENT_TRACING_ENABLED=true";
const autogenClient =
  "add an instrumentation of the model client (opentelemetry-instrumentation-openai)";

/** Agent frameworks of Microsoft's and AG2's family. Source: conventions.md 1 and 2. */
const conversationFrameworks: readonly Framework[] = [
  {
    ...python,
    id: "autogen",
    title: "AutoGen AgentChat (native)",
    convention: "autogen",
    knownBy: [{ scope: /^autogen/ }],
    settings: {
      ...base,
      content: set(`${autogenClient}; a team's messages are sent, a lone agent's are not`),
      toolArguments: set(`${autogenClient}, or run the agent in a team`),
      toolResults: set(`${autogenClient}, or run the agent in a team`),
      modelAnswered: set(autogenClient),
      tokenUsage: set(autogenClient),
    },
    cannotSee: [
      "content of an agent without a team: no arguments, results, messages, model calls",
      "sessions and users",
      "retrieval from memory: text in the prompt",
    ],
    read: [
      "a team's run is up to 18 traces that span links join; a span of yours around it makes it one",
      "a team's messages stand in the attribute message of autogen process spans",
      "tool results are Python reprs; create_agent X is no run",
    ],
  },
  {
    ...python,
    id: "ag2-classic",
    title: "AG2 Classic (autogen.opentelemetry)",
    convention: "ag2",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.ag2/, version: /./ }],
    settings: { ...base, content: set("instrument_llm_wrapper(capture_messages=True)") },
    cannotSee: [
      "a session: the conversation id is random",
      "a failed tool's status: only error.type tells it",
    ],
    read: [
      "user, chat_manager and _Group_Tool_Executor are helpers, no agents",
      "a hand-off is the tool transfer_to_X_1",
    ],
  },
  {
    ...python,
    id: "ag2",
    title: "AG2 1.x (TelemetryMiddleware)",
    convention: "ag2",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.ag2/ }],
    settings: {
      ...base,
      content: sent("TelemetryMiddleware(capture_content=False)"),
      toolArguments: sent("TelemetryMiddleware(capture_content=False)"),
      toolResults: sent("TelemetryMiddleware(capture_content=False)"),
      agentNames: set('TelemetryMiddleware(agent_name="…")'),
    },
    cannotSee: [
      "the system prompt and tool definitions",
      "which model was asked for: gen_ai.request.model is the answered one",
      "results beyond 8192 characters",
    ],
    read: ["record_usage repeats a call and is none", "a hand-off by as_tool() is a delegation"],
  },
  {
    ...python,
    id: "agent-framework",
    title: "Microsoft Agent Framework",
    convention: "agent-framework",
    knownBy: [
      { scope: /^agent_framework/ },
      { name: /^(workflow\.run|executor\.process)/, anyOf: ["workflow.id", "executor.id"] },
    ],
    settings: {
      ...base,
      content: set(mafContent),
      toolArguments: set(mafContent),
      toolResults: set(mafContent),
      session: never(
        "the conversation id is the response before; the application's session is not sent",
      ),
    },
    cannotSee: [
      "a hand-off's tool span: it is read from messages",
      "an empty result of a context provider",
      "the session",
    ],
    read: [
      "with the Responses client a call's input holds the new tool results only",
      "with OTEL_SEMCONV_STABILITY_OPT_IN empty (1.36) content is in log records only: send /v1/logs",
      "workflow.build is a trace of its own and no run",
      "OpenInference's processor adds its attributes to the same spans",
    ],
  },
  {
    ...python,
    id: "semantic-kernel",
    title: "Semantic Kernel",
    convention: "semantic-kernel",
    knownBy: [{ scope: /^semantic_kernel/ }, { scope: /^agent_runtime / }],
    settings: {
      ...base,
      content: set(`${kernelContent}, and send /v1/logs: messages are log records`),
      toolArguments: set(kernelContent),
      toolResults: set(kernelContent),
      modelAnswered: never("the answered model is not sent"),
    },
    cannotSee: ["the answered model", "sessions and users"],
    read: [
      "tool names are PLUGIN-FUNCTION",
      "an orchestration is many traces that span links join",
      "log bodies are JSON texts; ordinary log lines between them are skipped",
    ],
  },
];

/** Agent frameworks with spans of their own. Source: conventions.md 1 and 2. */
const agentFrameworks: readonly Framework[] = [
  {
    ...python,
    id: "pydantic-ai",
    title: "Pydantic AI",
    convention: "pydantic-ai",
    knownBy: [{ scope: /^pydantic-ai/ }],
    settings: {
      ...base,
      content: sent("InstrumentationSettings(include_content=False)"),
      toolArguments: sent("InstrumentationSettings(include_content=False)"),
      toolResults: sent("InstrumentationSettings(include_content=False)"),
      agentNames: set('Agent(name="…")'),
      session: never(
        "gen_ai.conversation.id is invented for each run; map an attribute of your own",
      ),
    },
    cannotSee: [
      "sessions: the conversation id is new in each run",
      "retrieval, but in tool results",
    ],
    read: [
      "formats 1 to 6; format 1 sends events or log records",
      "the output tool final_result is the answer",
      "ModelRetry is a failed tool",
      "OpenInference's processor adds its attributes to the same spans",
    ],
  },
  {
    ...python,
    id: "crewai",
    title: "CrewAI (native)",
    convention: "crewai",
    knownBy: [{ scope: /^crewai$/ }, { anyOf: ["crewai.event_name"] }],
    settings: { ...base, modelAnswered: sent("it is always the requested one, repeated") },
    cannotSee: crewCannotSee,
    read: [
      "the agent's name is crewai.agent.role: gen_ai.agent.name is a hash",
      "a failed tool has a twin span “tool failure”",
      "there is no switch for content",
    ],
  },
  {
    ...python,
    id: "llamaindex",
    title: "LlamaIndex (llama-index-observability-otel)",
    convention: "llamaindex",
    knownBy: [{ scope: /^llamaindex/ }],
    settings: {
      ...base,
      documents: sent(),
      citations: set(
        "put the document's id into the node's metadata (doc_id): node ids are new in each run",
      ),
      agentNames: never("no agent is named, but in a hand-off's to_agent; use OpenInference"),
      modelAnswered: set("FunctionAgent(streaming=False): a streamed answer has no end event"),
      modelBuild: set("FunctionAgent(streaming=False): it stands in the raw response"),
      tokenUsage: set("FunctionAgent(streaming=False): a streamed answer has no end event"),
    },
    cannotSee: [
      "the whole answer of an agent that streams, the default: it is cut at 200 characters",
      "agents' names, sessions, users",
    ],
    read: [
      "spans have no kinds: names and events LLMChatStartEvent, RetrievalEndEvent … tell them",
      "a tool's call stands in llamaindex.step.input_summary, a repr cut at 200 characters",
    ],
  },
  {
    ...python,
    id: "haystack",
    title: "Haystack (OpenTelemetryTracer)",
    convention: "haystack",
    knownBy: [{ scope: /^haystack/ }, { name: /^haystack\./ }],
    settings: {
      ...base,
      content: set(haystackContent),
      toolArguments: set(haystackContent),
      toolResults: set(haystackContent),
      documents: set(haystackContent),
      citations: set(`${haystackContent}; documents carry their id`),
      modelAnswered: set(haystackContent),
      tokenUsage: set(haystackContent),
    },
    cannotSee: ["sessions and users", "an agent's name, but for its component's"],
    read: [
      "a failed tool is haystack.tool.error, the status is unset",
      "a value that is no JSON makes its whole attribute a Python repr",
      "an embedding retriever's query is the embedder's input",
    ],
  },
  {
    ...python,
    id: "strands",
    title: "Strands Agents (Python)",
    convention: "strands",
    knownBy: [{ scope: /^strands\.telemetry/ }],
    settings: {
      ...base,
      content: sent(
        "OTEL_SEMCONV_STABILITY_OPT_IN names gen_ai_unredacted_attributes without them",
      ),
      toolArguments: sent(
        "OTEL_SEMCONV_STABILITY_OPT_IN names gen_ai_unredacted_attributes without them",
      ),
      toolResults: sent(
        "OTEL_SEMCONV_STABILITY_OPT_IN names gen_ai_unredacted_attributes without them",
      ),
      session: set('Agent(trace_attributes={"session.id": "…"})'),
      user: set('Agent(trace_attributes={"user.id": "…"})'),
      modelAnswered: never("the answered model is not sent"),
    },
    cannotSee: [
      "the answered model",
      "response ids",
      "a graph's edges: only the order of its agents",
    ],
    read: [
      "content is in span events; on a tool gen_ai.tool.message is the input and gen_ai.choice the result",
      "gen_ai.system is strands-agents, not the model's provider",
      "the first agent of a swarm takes one more turn after its hand-off",
    ],
  },
  {
    ...python,
    id: "google-adk",
    title: "Google ADK (Python)",
    convention: "google-adk",
    knownBy: [{ scope: /^gcp\.vertex\.agent/ }],
    settings: {
      ...base,
      content: set(adkContent),
      toolArguments: set(adkContent),
      toolResults: set(adkContent),
      session: sent(),
      user: never("no attribute holds the user; OpenInference sends user.id"),
      modelAnswered: never("the answered model is not sent"),
    },
    cannotSee: [
      "the answered model, response ids",
      "users, without OpenInference",
      "finish reasons of tool calls: always stop",
    ],
    read: [
      "call ids of spans and messages differ: tools are paired by name and order",
      "ADK_TELEMETRY_SCHEMA_VERSION_OPT_IN=1 gives the older names; call_llm and generate_content are one call",
      "earlier turns of another agent are quoted user text and no calls",
    ],
  },
  {
    ...python,
    id: "anthropic",
    title: "Anthropic client (its own spans)",
    convention: "anthropic",
    knownBy: [{ scope: /^com\.anthropic\.sdk/ }],
    settings: {
      ...base,
      content: set("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content"),
      toolArguments: set("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content"),
      toolResults: set("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content"),
      agentNames: set(
        "open a span around the run with gen_ai.operation.name=invoke_agent and gen_ai.agent.name",
      ),
      session: set("open a span around the run with session.id"),
      user: set("open a span around the run with user.id"),
      logprobs: never("Anthropic's API gives none"),
    },
    cannotSee: [
      "tool runs, without beta.messages.tool_runner: calls and results are read from messages",
      "that a tool result was an error: is_error is dropped",
      "the history in a tool runner's later calls: new messages only",
    ],
    read: [
      "spans are sent as soon as a tracer provider is registered",
      "each call is a trace of its own without a span around them",
    ],
  },
];

export const pythonFrameworks: readonly Framework[] = [
  ...conversationFrameworks,
  ...agentFrameworks,
];
