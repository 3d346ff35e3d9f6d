import { common, never, sent, set } from "./framework.ts";
import type { Fact, Framework, Setting } from "./framework.ts";

const both = { language: "Python, JavaScript", evidence: "captured" } as const;

const langfuse: Readonly<Record<Fact, Setting>> = {
  ...common,
  content: sent("Langfuse(mask=…) replaces them"),
  toolArguments: sent("Langfuse(mask=…) replaces them"),
  toolResults: sent("Langfuse(mask=…) replaces them"),
  documents: set('give the search the type retriever: @observe(as_type="retriever")'),
  agentNames: set('give the run the type agent: @observe(as_type="agent", name="…")'),
  session: set('propagate_attributes(session_id="…") (JS: propagateAttributes({sessionId}))'),
  user: set('propagate_attributes(user_id="…") (JS: propagateAttributes({userId}))'),
  environment: set("LANGFUSE_TRACING_ENVIRONMENT=production"),
  serviceVersion: set("LANGFUSE_RELEASE=1.4.2"),
  modelAnswered: sent(),
  tokenUsage: sent(),
  logprobs: set("put them into the generation's output or metadata, as logprobs"),
};

const langsmithOff = "LANGSMITH_HIDE_INPUTS or LANGSMITH_HIDE_OUTPUTS is true";
const langsmith: Readonly<Record<Fact, Setting>> = {
  ...common,
  content: sent(langsmithOff),
  toolArguments: sent(langsmithOff),
  toolResults: sent(langsmithOff),
  documents: set('give the search run_type "retriever"'),
  agentNames: set('metadata: {"lc_agent_name": "…"}'),
  session: set('metadata: {"session_id": "…"} or {"thread_id": "…"}'),
  user: set('metadata: {"user_id": "…"}'),
  serviceVersion: set("LANGSMITH_REVISION_ID=1.4.2"),
  modelAnswered: sent(),
  modelBuild: sent("the model is not called through the wrapped OpenAI client"),
  tokenUsage: sent(),
  logprobs: set("ask the model for logprobs, with the wrapped OpenAI client"),
};

const langsmithRead = [
  "a thrown error is an exception event, the status may be OK",
  "langsmith.span.kind is right where gen_ai.operation.name is not (embeddings of a retriever)",
] as const;

/** Platforms with SDKs of their own. Source: conventions.md 1 and 2. */
export const platformFrameworks: readonly Framework[] = [
  {
    ...both,
    language: "Python",
    id: "langchain-langfuse",
    title: "LangChain, LangGraph (Langfuse callback)",
    convention: "langfuse",
    narrows: "langfuse",
    knownBy: [
      {
        anyOf: [
          "langfuse.observation.metadata.is_langchain_root",
          "langfuse.observation.metadata.langgraph_node",
          "langfuse.observation.metadata.lc_agent_name",
          "langfuse.observation.metadata.ls_integration",
          "langfuse.observation.metadata.ls_provider",
          "langfuse.observation.metadata.tool_call_id",
        ],
      },
    ],
    settings: {
      ...langfuse,
      documents: sent(
        "Langfuse(mask=…) replaces them; without a retriever: return documents from the search tool",
      ),
      agentNames: set('create_agent(name="…")'),
      session: set('config={"metadata": {"langfuse_session_id": "…"}}'),
      user: set('config={"metadata": {"langfuse_user_id": "…"}}'),
    },
    cannotSee: ["response ids, finish reasons", "logprobs, unless you add them"],
    read: [
      "a hand-off by Command has level DEFAULT and is no error",
      "metadata values are JSON texts with quotes",
    ],
  },
  {
    ...both,
    id: "langfuse",
    title: "Langfuse SDK",
    convention: "langfuse",
    knownBy: [{ scope: /^langfuse-sdk/ }, { anyOf: ["langfuse.observation.type"] }],
    settings: langfuse,
    cannotSee: ["response ids, finish reasons", "scores: they go over Langfuse's own API"],
    read: [
      "the kind is langfuse.observation.type; a tool's name is its span's name",
      "a failure is langfuse.observation.level=ERROR; JavaScript leaves the status unset",
      "the path /api/public/otel/v1/traces is accepted",
    ],
  },
  {
    ...both,
    language: "Python",
    id: "langchain-langsmith",
    title: "LangChain, LangGraph (LangSmith, LANGSMITH_OTEL_ENABLED=true)",
    convention: "langsmith",
    narrows: "langsmith",
    knownBy: [
      {
        scope: /^langsmith/,
        anyOf: [
          "langsmith.metadata.ls_integration",
          "langsmith.metadata.langgraph_node",
          "langsmith.metadata.lc_agent_name",
          "langsmith.metadata.lc_versions",
        ],
      },
    ],
    settings: {
      ...langsmith,
      documents: sent(
        `${langsmithOff}; without a retriever: return documents from the search tool`,
      ),
      agentNames: set('create_agent(name="…")'),
      session: set(
        'config={"metadata": {"session_id": "…"}} or {"configurable": {"thread_id": "…"}}',
      ),
      user: set('config={"metadata": {"user_id": "…"}}'),
      modelAnswered: never("no gen_ai.response.* is sent for LangChain models"),
      modelBuild: never("no gen_ai.response.* is sent for LangChain models"),
      logprobs: never("not read from LangChain's serialized messages"),
    },
    cannotSee: ["the answered model and the response id as attributes"],
    read: [
      ...langsmithRead,
      "X.wrap_tool_call is middleware, no tool",
      "every LANGSMITH_* variable of the process and its git revision are sent as metadata",
    ],
  },
  {
    ...both,
    id: "langsmith",
    title: "LangSmith SDK (traceable, wrapped clients)",
    convention: "langsmith",
    knownBy: [{ scope: /^langsmith/ }, { anyOf: ["langsmith.span.kind"] }],
    settings: langsmith,
    cannotSee: [
      "an agent's name, unless metadata names it",
      "feedback: it goes over LangSmith's own API",
    ],
    read: [
      ...langsmithRead,
      "messages that came later may stand in an earlier call: the application changes its list",
      "the path /otel/v1/traces is accepted",
    ],
  },
  {
    ...both,
    language: "Python",
    id: "mlflow-genai",
    title: "MLflow (MLFLOW_ENABLE_OTEL_GENAI_SEMCONV=true)",
    convention: "mlflow",
    knownBy: [{ scope: /^mlflow\./, noneOf: ["mlflow.spanType"] }],
    settings: {
      ...common,
      content: sent(),
      toolArguments: sent(),
      toolResults: sent(),
      documents: never(
        "retriever spans lose their documents; leave MLFLOW_ENABLE_OTEL_GENAI_SEMCONV unset",
      ),
      citations: never("documents are lost; leave MLFLOW_ENABLE_OTEL_GENAI_SEMCONV unset"),
      agentNames: sent(),
      session: never("trace metadata (mlflow.trace.session) is not exported"),
      user: never("trace metadata (mlflow.trace.user) is not exported"),
      modelAnswered: sent(),
      tokenUsage: sent(),
    },
    cannotSee: [
      "documents",
      "sessions, users, tags",
      "which model was asked for: gen_ai.request.model is the answered one",
    ],
    read: ["the agent's input and output are dropped: question and answer are the model calls'"],
  },
  {
    ...both,
    language: "Python",
    id: "mlflow",
    title: "MLflow tracing",
    convention: "mlflow",
    knownBy: [{ anyOf: ["mlflow.spanType", "mlflow.traceRequestId"] }],
    settings: {
      ...common,
      content: sent(),
      toolArguments: sent(),
      toolResults: sent(),
      documents: set('give the search span_type RETRIEVER: @mlflow.trace(span_type="RETRIEVER")'),
      agentNames: set('give the run span_type AGENT: @mlflow.trace(span_type="AGENT", name="…")'),
      session: never("trace metadata (mlflow.trace.session) is not exported"),
      user: never("trace metadata (mlflow.trace.user) is not exported"),
      modelAnswered: sent(),
      tokenUsage: sent(),
      logprobs: set("ask the model for logprobs: they stand in mlflow.spanOutputs"),
    },
    cannotSee: [
      "sessions, users, tags",
      "the tool calls of a streamed answer: its tools' spans show them",
    ],
    read: ["every attribute is JSON once more, texts too", "agent and tool names are span names"],
  },
  {
    ...both,
    language: "Python",
    id: "openai-agents-logfire",
    title: "OpenAI Agents SDK (Logfire)",
    convention: "logfire",
    knownBy: [{ scope: /^logfire\.openai_agents/ }],
    settings: {
      ...common,
      content: sent(),
      toolArguments: sent(),
      toolResults: sent(),
      agentNames: sent(),
      session: set('RunConfig(group_id="…")'),
      user: never("no attribute holds the user"),
      modelAnswered: sent(),
      tokenUsage: sent(),
    },
    cannotSee: ["the text of a tool's exception: the SDK replaces it", "users"],
    read: ["span names are templates: facts are read from attributes", "pending spans are dropped"],
  },
  {
    ...both,
    language: "Python",
    evidence: "source",
    id: "logfire",
    title: "Logfire, another integration",
    convention: "logfire",
    knownBy: [
      { scope: /^logfire/ },
      { anyOf: ["logfire.msg_template", "logfire.span_type"], scope: /^(?!pydantic-ai)/ },
    ],
    settings: {
      ...common,
      content: sent(),
      toolArguments: sent(),
      toolResults: sent(),
      agentNames: set("open a span of your own with gen_ai.agent.name around the run"),
      session: set("set session.id on a span of your own"),
      user: set("set user.id on a span of your own"),
      modelAnswered: sent(),
      tokenUsage: sent(),
    },
    cannotSee: [],
    read: ["pending spans (logfire.span_type=pending_span) are dropped"],
  },
];
