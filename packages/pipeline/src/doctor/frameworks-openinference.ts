import { common, never, sent, set } from "./framework.ts";
import type { Fact, Framework, Setting } from "./framework.ts";

const hidden =
  "OPENINFERENCE_HIDE_INPUTS or OPENINFERENCE_HIDE_OUTPUTS is true, or TraceConfig(hide_inputs, hide_outputs)";
const noModelCall =
  "add an OpenInference instrumentation of the model client (openinference-instrumentation-openai)";
const rawBody =
  "ask the model for logprobs (logprobs=True), chat completions, not streamed: they stand in output.value";

/** What OpenInference's own tracer decides, the same in every package. */
const base: Readonly<Record<Fact, Setting>> = {
  ...common,
  content: sent(hidden),
  toolArguments: sent(hidden),
  toolResults: sent(hidden),
  agentNames: sent(),
  session: set(
    'with using_session("…"): around the run (JS: setSession(context.active(), {sessionId}))',
  ),
  user: set('with using_user("…"): around the run (JS: setUser(context.active(), {userId}))'),
  modelAnswered: sent(),
  tokenUsage: sent(),
};

const python = { language: "Python", convention: "openinference", evidence: "captured" } as const;
const both = { ...python, language: "Python, JavaScript" } as const;
const builds = sent(
  "the call is streamed or uses the Responses API: system_fingerprint stands in output.value",
);

/** Frameworks through OpenInference packages. Source: conventions.md 1 and 2. */
export const openInferenceFrameworks: readonly Framework[] = [
  {
    ...both,
    id: "langchain-openinference",
    title: "LangChain, LangGraph (OpenInference)",
    knownBy: [{ scope: /openinference[.-]instrumentation[.-]langchain/ }],
    settings: {
      ...base,
      documents: sent(
        `${hidden}; without a retriever: let the search tool return documents as its artifact`,
      ),
      citations: set(
        "put the document's id into its metadata (id, doc_id, source): document.id is not sent",
      ),
      session: set('config={"metadata": {"session_id": "…"}}; the thread_id is read too'),
      user: set('config={"metadata": {"user_id": "…"}}'),
      modelAnswered: sent(
        "the call is streamed or JavaScript: then the requested name stands there",
      ),
      modelBuild: builds,
      logprobs: set(rawBody),
    },
    cannotSee: ["the answered model of a streamed call", "which version of an agent ran"],
    read: [
      "a span is AGENT only if its name contains “agent”: the agent's name comes from metadata.lc_agent_name",
      "ParentCommand exceptions are hand-offs, no failures",
      "each agent of a graph is two nested spans",
      "an empty retrieval is told from switched-off content by output.value",
    ],
  },
  {
    ...both,
    id: "openai-agents-openinference",
    title: "OpenAI Agents SDK (OpenInference)",
    knownBy: [{ scope: /openinference[.-]instrumentation[.-]openai[_-]agents/ }],
    settings: {
      ...base,
      content: sent(`${hidden}; or RunConfig(trace_include_sensitive_data=False)`),
      toolArguments: sent(`${hidden}; or RunConfig(trace_include_sensitive_data=False)`),
      toolResults: sent(`${hidden}; or RunConfig(trace_include_sensitive_data=False)`),
      session: set('with using_session("…"): around the run; the SDK\'s group_id is dropped'),
      user: set('with using_user("…"): around the run; the SDK\'s trace_metadata is dropped'),
    },
    cannotSee: [
      "the text of a tool's exception: the SDK replaces it",
      "tool calls by their id",
      "group_id and trace_metadata",
      "that a run failed, on its root: only the agent's span says it",
    ],
    read: [
      "a hand-off is a TOOL span “handoff to X”; agents are siblings",
      "the first two spans are named like the workflow and are no agents",
      "tool.parameters is the schema, the arguments stand in input.value",
    ],
  },
  {
    ...python,
    id: "llamaindex-openinference",
    title: "LlamaIndex (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.llama_index/ }],
    settings: {
      ...base,
      documents: sent(hidden),
      citations: set(
        "put the document's id into the node's metadata (doc_id): node ids are new in each run",
      ),
      agentNames: sent(hidden),
      modelAnswered: never("llm.model_name is the requested model"),
    },
    cannotSee: [
      "the answered model",
      "the question on the root",
      "spans of agents: there are steps only",
    ],
    read: [
      "the agent's name is current_agent_name in the text of a step",
      "._prepare_chat_with_tools is marked LLM and is no model call",
      "each retrieval is two nested spans",
      "the root's output is cut at 200 characters: the answer is the last model call's",
    ],
  },
  {
    ...python,
    id: "crewai-openinference-events",
    title: "CrewAI (OpenInference, use_event_listener=True)",
    knownBy: [{ scope: /openinference\.instrumentation\.crewai\._event_listener/ }],
    settings: { ...base, modelAnswered: never("llm.model_name is the requested model") },
    cannotSee: [
      "the answered model",
      "a session: a crew has none",
      "which model call asked for a tool",
    ],
    read: [
      "a requested call stands in output.value only; its name in the history has quotes around it",
    ],
  },
  {
    ...python,
    id: "crewai-openinference",
    title: "CrewAI (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.crewai/ }],
    settings: {
      ...base,
      modelAnswered: set(noModelCall),
      tokenUsage: set(noModelCall),
      content: set(noModelCall),
    },
    cannotSee: [
      "model calls, without an instrumentation of the client",
      "a span of the agent that is delegated to: its calls stand below the tool",
      "which model call asked for a tool",
    ],
    read: [
      "tools have display names (“Delegate work to coworker”)",
      "the agent's name is graph.node.id",
    ],
  },
  {
    ...python,
    id: "autogen-openinference",
    title: "AutoGen AgentChat (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.autogen/ }],
    settings: {
      ...base,
      toolArguments: sent(),
      documents: never(
        "an agent's memory is text in the prompt; documents of tools are read from their results",
      ),
    },
    cannotSee: [
      "a failed tool, on its own span: status OK, is_error in the next call",
      "retrieval from memory",
    ],
    read: [
      "tool results are Python reprs",
      "an asyncio CancelledError with status OK is no failure",
    ],
  },
  {
    ...python,
    id: "ag2-openinference",
    title: "AG2 Classic (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.ag2/ }],
    settings: {
      ...base,
      toolArguments: sent(),
      modelAnswered: set(noModelCall),
      tokenUsage: set(noModelCall),
    },
    cannotSee: [
      "model calls, without an instrumentation of the client",
      "AG2 1.x: the package accepts ag2 < 1.0 only",
    ],
    read: [
      "a tool's result is [ok, {name, role, content}]",
      "user, chat_manager and _Group_Tool_Executor are no agents",
    ],
  },
  {
    ...python,
    id: "agno-openinference",
    title: "Agno (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.agno/ }],
    settings: {
      ...base,
      session: set('agent.run(…, session_id="…")'),
      user: set('agent.run(…, user_id="…")'),
      toolArguments: sent(),
      modelAnswered: set(noModelCall),
      documents: set(
        "let the search tool return documents; add_knowledge_to_context is read from <references> in the prompt",
      ),
    },
    cannotSee: ["an empty retrieval of add_knowledge_to_context", "tool calls by their id"],
    read: [
      "tool results are Python reprs",
      "a model call with the client's instrumentation is two nested spans",
      "a team's member is a sibling of the tool that delegates to it",
    ],
  },
  {
    ...python,
    id: "smolagents-openinference",
    title: "smolagents (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.smolagents/ }],
    settings: { ...base, modelAnswered: never("llm.model_name is the requested model") },
    cannotSee: [
      "the answered model",
      "the root of a run that raised: it is never exported",
      "tool calls by their id",
    ],
    read: [
      "the agent's name is the span's name before .run",
      "final_answer is the answer, no tool",
      "CodeAgent: no tool calls in messages, failure and fallback may stand in one step",
    ],
  },
  {
    ...python,
    id: "dspy-openinference",
    title: "DSPy (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.dspy/ }],
    settings: {
      ...base,
      documents: sent(hidden),
      citations: set("put the document's id into the passage's text: passages are plain strings"),
      agentNames: sent(),
      modelAnswered: never("llm.model_name is the requested model"),
      tokenUsage: never("no token counts are sent"),
    },
    cannotSee: [
      "token usage",
      "the answered model",
      "document ids outside the passage's text",
      "finish reasons",
    ],
    read: [
      "a tool's name is the span's name before .__call__; finish and submit are no tools",
      "ReAct chooses tools in text, ReActV2 in Python reprs: there are no tool calls in messages",
      "the answer is the program's own field of the root's output",
    ],
  },
  {
    ...python,
    id: "haystack-openinference",
    title: "Haystack (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.haystack/ }],
    settings: {
      ...base,
      documents: sent(hidden),
      citations: sent("documents have no id of their own"),
      agentNames: never(
        "an Agent is one span Agent.run; use the native tracer (opentelemetry-haystack)",
      ),
      modelAnswered: sent("an Agent calls the model: its calls have no span"),
      tokenUsage: sent("an Agent calls the model: its calls have no span"),
    },
    cannotSee: [
      "model and tool calls of an Agent as spans: only reprs in its output",
      "an agent's name",
      "sessions, users",
    ],
    read: [
      "pipelines without an Agent are complete; an Agent's messages are read from Python reprs",
    ],
  },
  {
    ...python,
    id: "google-adk-openinference",
    title: "Google ADK (OpenInference)",
    knownBy: [{ scope: /openinference\.instrumentation\.google_adk/ }],
    settings: {
      ...base,
      session: sent(),
      user: sent(),
      modelAnswered: never("ADK does not send the answered model"),
    },
    cannotSee: [
      "model calls before the last one of an agent (over ADK's default schema)",
      "the answered model",
    ],
    read: [
      "invoke_agent X is marked LLM: it is the agent and its last model call",
      "ADK_TELEMETRY_SCHEMA_VERSION_OPT_IN=1 keeps every model call",
    ],
  },
  {
    ...both,
    id: "claude-agent-openinference",
    title: "Claude Agent SDK (OpenInference)",
    knownBy: [{ scope: /openinference[.-]instrumentation[.-]claude[_-]agent[_-]sdk/ }],
    settings: {
      ...base,
      session: sent(),
      agentNames: never("the AGENT span names no agent"),
      modelAnswered: never("model calls have no span: model and tokens stand on the agent's"),
    },
    cannotSee: ["model calls: there are none; model, tokens and cost stand on the agent's span"],
    read: ["a tool's result may be an MCP content list"],
  },
  {
    ...python,
    id: "anthropic-openinference",
    title: "Anthropic client (OpenInference)",
    knownBy: [{ scope: /openinference[.-]instrumentation[.-]anthropic/ }],
    settings: {
      ...base,
      agentNames: set("open a span of your own with gen_ai.agent.name around the run"),
    },
    cannotSee: [
      "tool runs: calls and results are read from messages",
      "which calls make one run, without a span around them",
    ],
    read: [
      "the client's own spans repeat each call: they are merged by response id",
      "is_error of a result stands in input.value only",
    ],
  },
  {
    ...both,
    id: "openai-openinference",
    title: "OpenAI client (OpenInference)",
    knownBy: [{ scope: /openinference[.-]instrumentation[.-]openai$/ }],
    settings: {
      ...base,
      documents: set(
        "open a RETRIEVER span around the search, with retrieval.documents.N.document.{id,content}",
      ),
      agentNames: set("open a span of your own with gen_ai.agent.name around the run"),
      modelBuild: builds,
      logprobs: set(rawBody),
      tokenUsage: sent(
        'the call is streamed: ask for it with stream_options={"include_usage": true}',
      ),
    },
    cannotSee: [
      "tool runs: calls and results are read from messages",
      "which calls make one run, without a span around them",
      "failed calls (JavaScript exports no span for them)",
    ],
    read: ["streamed calls have no raw body, so no logprobs and no build"],
  },
  {
    ...both,
    id: "openinference",
    title: "OpenInference, another package or your own spans",
    evidence: "source",
    language: "any",
    knownBy: [
      { scope: /openinference/ },
      {
        anyOf: ["openinference.span.kind"],
        noneOf: ["ai.operationId"],
        scope: /^(?!pydantic-ai|strands|agent_framework)/,
      },
    ],
    settings: {
      ...base,
      documents: set(
        "open a RETRIEVER span around the search, with retrieval.documents.N.document.{id,content}",
      ),
    },
    cannotSee: [],
    read: ["the kind is openinference.span.kind"],
  },
];
