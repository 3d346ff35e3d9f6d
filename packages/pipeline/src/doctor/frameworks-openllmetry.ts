import { common, never, sent, set } from "./framework.ts";
import type { Fact, Framework, Setting } from "./framework.ts";

const off = "TRACELOOP_TRACE_CONTENT=false (JavaScript: traceContent: false)";
const noModelCall =
  "add OpenLLMetry's instrumentation of the model client (opentelemetry-instrumentation-openai)";

/** What OpenLLMetry decides in every package. */
const base: Readonly<Record<Fact, Setting>> = {
  ...common,
  content: sent(off),
  toolArguments: sent(off),
  toolResults: sent(off),
  agentNames: sent(),
  session: set(
    'Traceloop.set_association_properties({"session_id": "…"}) (JS: withAssociationProperties)',
  ),
  user: set(
    'Traceloop.set_association_properties({"user_id": "…"}) (JS: withAssociationProperties)',
  ),
  modelAnswered: sent(),
  tokenUsage: sent(),
};

const python = { language: "Python", convention: "openllmetry", evidence: "captured" } as const;
const script = { ...python, language: "JavaScript" } as const;
const withoutModelCalls = {
  modelAnswered: set(noModelCall),
  tokenUsage: set(noModelCall),
} as const;

/** Frameworks through OpenLLMetry (Traceloop). Source: conventions.md 1 and 2. */
export const openLlmetryFrameworks: readonly Framework[] = [
  {
    ...python,
    id: "langchain-openllmetry",
    title: "LangChain, LangGraph (OpenLLMetry)",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.langchain/ }],
    settings: {
      ...base,
      documents: sent(off),
      citations: set("put the document's id into its metadata: Document.id is dropped"),
      session: set(
        'config={"configurable": {"thread_id": "…"}} or {"metadata": {"session_id": "…"}}',
      ),
      user: set('config={"metadata": {"user_id": "…"}}'),
    },
    cannotSee: ["Document.id", "tool calls by their id"],
    read: [
      "create_agent X is a trace of its own and no run",
      "tool arguments are input_str, a Python repr; results are serialized LangChain messages",
      "goto X is a hand-off; ParentCommand marks every span above it ERROR although nothing failed",
      "gen_ai.agent.id is new in each run: no identity",
    ],
  },
  {
    ...python,
    id: "crewai-openllmetry",
    title: "CrewAI (OpenLLMetry)",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.crewai/ }],
    settings: {
      ...base,
      toolArguments: set(`${noModelCall}: tools have no span, they are read from its messages`),
      toolResults: set(`${noModelCall}: tools have no span, they are read from its messages`),
      ...withoutModelCalls,
    },
    cannotSee: [
      "tool spans: calls are read from the model client's messages",
      "a failed tool, but for the text “Error executing tool”",
      "a session: a crew has none",
    ],
    read: ["the root crewai.workflow has no kind", "the answer is crewai.crew.result"],
  },
  {
    ...python,
    id: "llamaindex-openllmetry",
    title: "LlamaIndex (OpenLLMetry, Python)",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.llamaindex/ }],
    settings: {
      ...base,
      documents: sent(off),
      citations: set(
        "put the document's id into the node's metadata (doc_id): node ids are new in each run",
      ),
      toolArguments: sent(),
      agentNames: sent(off),
      ...withoutModelCalls,
    },
    cannotSee: [
      "model calls, without an instrumentation of the client",
      "the spans and the root of a failed run: they are never exported",
      "a status: a failed tool is known by is_error only",
    ],
    read: ["every step is a task: a retrieval is known by its shape, a tool by tool.name"],
  },
  {
    ...script,
    id: "llamaindex-openllmetry-js",
    title: "LlamaIndex.TS (OpenLLMetry)",
    knownBy: [{ scope: /^@traceloop\/instrumentation-llamaindex/ }],
    settings: {
      ...base,
      documents: sent(off),
      citations: set(
        "put the document's id into the node's metadata: node ids are new in each run",
      ),
      agentNames: set("wrap the run in withAgent({name})"),
      modelAnswered: set("add @traceloop/instrumentation-openai"),
      tokenUsage: set("add @traceloop/instrumentation-openai"),
    },
    cannotSee: ["the model call of a query engine: only *.synthesize"],
    read: ["a retrieval is a task named *.retrieve, twice with the same nodes"],
  },
  {
    ...python,
    id: "openai-agents-openllmetry",
    title: "OpenAI Agents SDK (OpenLLMetry)",
    knownBy: [
      {
        scope: /^opentelemetry\.instrumentation\.openai_agents/,
        anyOf: ["traceloop.span.kind", "traceloop.workflow.name"],
      },
      {
        scope: /^opentelemetry\.instrumentation\.openai_agents/,
        name: /^openai\.|\.(agent|tool|handoff)$/,
      },
    ],
    settings: {
      ...base,
      session: set(
        'Traceloop.set_association_properties({"session_id": "…"}); the group_id is lost',
      ),
      user: set('Traceloop.set_association_properties({"user_id": "…"})'),
    },
    cannotSee: [
      "the workflow's name: the root is always “Agent Workflow”",
      "the target of a hand-off, on its span",
      "the text of a tool's exception: the SDK replaces it",
      "tool calls by their id",
    ],
    read: ["the next agent's span is the target of a hand-off", "a failed run's root is OK"],
  },
  {
    ...python,
    id: "agno-openllmetry",
    title: "Agno (OpenLLMetry)",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.agno/ }],
    settings: {
      ...base,
      ...withoutModelCalls,
      session: never("the session is not sent; use openinference-instrumentation-agno"),
      user: never("the user is not sent; use openinference-instrumentation-agno"),
    },
    cannotSee: ["model calls", "sessions and users", "a failed tool's status: it is OK"],
    read: ["a tool's result is the repr of Agno's result object: status='failure' tells a failure"],
  },
  {
    ...python,
    id: "anthropic-openllmetry",
    title: "Anthropic client (OpenLLMetry)",
    knownBy: [{ scope: /^opentelemetry\.instrumentation\.anthropic/ }],
    settings: { ...base, agentNames: set("decorate the run with @agent(name=…) of traceloop.sdk") },
    cannotSee: [
      "tool runs: calls and results are read from messages",
      "that a tool result was an error: is_error is dropped",
    ],
    read: [
      "the client's own spans repeat each call in another trace: they are merged by response id",
    ],
  },
  {
    ...python,
    language: "Python, JavaScript",
    id: "openai-openllmetry",
    title: "OpenAI client (OpenLLMetry)",
    knownBy: [
      { scope: /^opentelemetry\.instrumentation\.openai(\.v[01])?$/ },
      { scope: /^@traceloop\/instrumentation-openai$/ },
    ],
    settings: {
      ...base,
      documents: set(
        "wrap the search in withVectorDBCall, or open a span with gen_ai.retrieval.documents",
      ),
      agentNames: set("decorate the run with @agent(name=…) (JS: withAgent({name}))"),
      modelBuild: sent("the package is the JavaScript one, or the call uses the Responses API"),
      tokenUsage: sent("the call is streamed (JavaScript) or content is off (JavaScript)"),
      logprobs: set(
        "ask the model for logprobs, not streamed: JavaScript sends the event logprobs, Python none",
      ),
    },
    cannotSee: [
      "tool runs: calls and results are read from messages",
      "failed calls (JavaScript exports no span for them)",
      "tool calls of the Responses API (JavaScript)",
    ],
    read: [
      "with the Responses API a call and its result have different ids: they are paired by order",
    ],
  },
  {
    ...script,
    id: "openllmetry-sdk-js",
    title: "OpenLLMetry SDK (withWorkflow, withAgent, withTool)",
    knownBy: [{ scope: /^@traceloop\/node-server-sdk/ }],
    settings: {
      ...base,
      documents: sent(),
      session: set(
        'associationProperties: {session_id: "…"} on withWorkflow; an empty one on withAgent drops it',
      ),
      user: set('associationProperties: {user_id: "…"} on withWorkflow'),
      logprobs: set("ask the model for logprobs, not streamed: the event logprobs"),
    },
    cannotSee: [
      "a tool that threw: its span is never exported; its text stands in the next model call",
    ],
    read: [
      "documents are the events db.query.result of a span without a kind",
      "traceloop.workflow.name of a child is the agent's name",
    ],
  },
  {
    ...python,
    language: "any",
    evidence: "source",
    id: "openllmetry",
    title: "OpenLLMetry, another package",
    knownBy: [
      { anyOf: ["traceloop.span.kind", "traceloop.workflow.name"] },
      { scope: /^(@traceloop\/|traceloop\.tracer)/ },
    ],
    settings: base,
    cannotSee: [],
    read: ["the kind is traceloop.span.kind"],
  },
];
