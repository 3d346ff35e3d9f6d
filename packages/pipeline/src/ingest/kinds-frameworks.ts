import type { Span } from "../model/span.ts";
import { has, text } from "./kind-rows.ts";
import type { Row } from "./kind-rows.ts";

/** A task that was asked a query and gave scored nodes, whatever its class is called. */
function givesNodes(span: Span): boolean {
  return (
    /^\s*\[\s*"?\{\\?"node\\?":/.test(text(span, "traceloop.entity.output")) &&
    /query/.test(text(span, "traceloop.entity.input"))
  );
}

const openInferenceKinds = {
  AGENT: "agent",
  CHAIN: "chain",
  LLM: "llm",
  TOOL: "tool",
  RETRIEVER: "retrieval",
  RERANKER: "retrieval",
  EMBEDDING: "other",
  GUARDRAIL: "guardrail",
  EVALUATOR: "other",
  PROMPT: "other",
} as const;

export const genAiOperations = {
  invoke_agent: "agent",
  invoke_workflow: "workflow",
  chat: "llm",
  generate_content: "llm",
  text_completion: "llm",
  model_generation: "llm",
  execute_tool: "tool",
  retrieval: "retrieval",
  embeddings: "other",
  invoke_swarm: "workflow",
  invoke_graph: "workflow",
  conversation: "workflow",
  handle_conversation_turn: "workflow",
  agent_handoff: "handoff",
  handoff: "handoff",
  guardrail_check: "guardrail",
  rerank: "retrieval",
  agent_step: "chain",
  execute_event_loop_cycle: "chain",
  execute_node: "chain",
  execute_task: "chain",
} as const;

/** What frameworks call their spans by an attribute of their own. */
export const frameworkRows: readonly Row[] = [
  {
    convention: "langfuse",
    when: (span) =>
      text(span, "langfuse.observation.type") === "chain" &&
      (text(span, "langfuse.observation.metadata.is_langchain_root") === "true" ||
        (has(span, "langfuse.observation.metadata.lc_agent_name") &&
          text(span, "langfuse.observation.metadata.lc_agent_name") === span.name))
        ? "agent"
        : null,
  },
  {
    convention: "langfuse",
    attribute: "langfuse.observation.type",
    values: {
      agent: "agent",
      generation: "llm",
      tool: "tool",
      retriever: "retrieval",
      guardrail: "guardrail",
      embedding: "other",
      evaluator: "other",
      event: "other",
    },
    rest: "chain",
  },
  {
    convention: "langsmith",
    attribute: "langsmith.span.kind",
    values: { llm: "llm", tool: "tool", retriever: "retrieval", embedding: "other" },
    rest: "chain",
  },
  {
    convention: "openinference",
    attribute: "openinference.span.kind",
    values: openInferenceKinds,
  },
  {
    convention: "openllmetry",
    when: (span) => {
      if (text(span, "traceloop.span.kind") !== "task") return null;
      if (has(span, "tool.name")) return "tool";
      if (text(span, "gen_ai.operation.name") === "goto") return "handoff";
      return text(span, "gen_ai.operation.name") === "vector_db_retrieve" ||
        /\.retrieve(\.task)?$|Retriever\.task$/.test(span.name) ||
        givesNodes(span)
        ? "retrieval"
        : null;
    },
  },
  {
    convention: "openllmetry",
    when: (span) => (has(span, "agno.team.name") ? "agent" : null),
  },
  {
    convention: "openllmetry",
    attribute: "traceloop.span.kind",
    values: {
      workflow: "workflow",
      agent: "agent",
      tool: "tool",
      handoff: "handoff",
      task: "chain",
    },
  },
  {
    convention: "mastra",
    attribute: "mastra.span.type",
    values: {
      agent_run: "agent",
      workflow_run: "workflow",
      model_inference: "llm",
      tool_call: "tool",
      mcp_tool_call: "tool",
    },
    rest: "chain",
  },
  {
    convention: "mlflow",
    attribute: "mlflow.spanType",
    values: {
      AGENT: "agent",
      CHAT_MODEL: "llm",
      LLM: "llm",
      TOOL: "tool",
      RETRIEVER: "retrieval",
      EMBEDDING: "other",
      UNKNOWN: "chain",
      CHAIN: "chain",
    },
    rest: "chain",
  },
  {
    convention: "genkit",
    attribute: "genkit:metadata:subtype",
    values: {
      flow: "workflow",
      model: "llm",
      tool: "tool",
      "tool.v2": "tool",
      retriever: "retrieval",
      embedder: "other",
    },
    rest: "chain",
  },
  {
    convention: "claude-code",
    attribute: "span.type",
    values: { interaction: "agent", llm_request: "llm", tool: "tool" },
  },
  {
    convention: "claude-code",
    when: (span) => (/^(claude_code\.)?tool\./.test(span.name) ? "part" : null),
  },
  {
    convention: "vercel-ai",
    when: (span) => {
      const operation = text(span, "ai.operationId") || text(span, "operation.name").split(" ")[0];
      if (operation === undefined || !operation.startsWith("ai.")) return null;
      if (/\.do(Generate|Stream)$/.test(operation)) return "llm";
      if (/embed/i.test(operation)) return "other";
      return operation === "ai.toolCall" ? "tool" : "agent";
    },
  },
  {
    convention: "mcp",
    when: (span) => {
      const method = text(span, "mcp.method.name");
      if (method === "") return null;
      return method === "tools/call" ? "part" : "other";
    },
  },
];

/** What the scope and the name say where no attribute does. */
export const scopeRows: readonly Row[] = [
  {
    convention: "google-adk",
    when: (span) => {
      if (span.scope.name !== "gcp.vertex.agent") return null;
      if (span.name === "call_llm") return "llm";
      return span.name === "invocation" ? "workflow" : null;
    },
  },
  {
    convention: "haystack",
    when: (span) => {
      if (!span.name.startsWith("haystack.")) return null;
      if (span.name === "haystack.agent.step.llm") return "llm";
      if (span.name === "haystack.agent.step.tool") return "tool";
      if (span.name === "haystack.agent.run") return "agent";
      if (span.name !== "haystack.component.run") return "chain";
      const type = text(span, "haystack.component.type");
      if (type === "Agent") return "agent";
      if (type.endsWith("Retriever")) return "retrieval";
      return /(Chat)?Generator$/.test(type) ? "llm" : "chain";
    },
  },
  {
    convention: "llamaindex",
    when: (span) => {
      if (!span.scope.name.startsWith("llamaindex")) return null;
      if (/\.a?(stream_)?chat(_with_tools)?$|\.astream_chat$/.test(span.name)) return "llm";
      if (/Retriever\.a?retrieve$|\._?a?retrieve$/.test(span.name)) return "retrieval";
      if (/\.a?call_tool$/.test(span.name)) return "tool";
      if (/Tool\.a?call$/.test(span.name)) return "part";
      return /(Agent|Workflow|QueryEngine|ChatEngine)\.(run|a?query|a?chat)$/.test(span.name)
        ? "workflow"
        : "chain";
    },
  },
  {
    convention: "logfire",
    when: (span) => {
      if (!span.scope.name.startsWith("logfire")) return null;
      if (span.name.startsWith("Agent run")) return "agent";
      if (span.name.startsWith("Function:")) return "tool";
      if (span.name.startsWith("Handoff:")) return "handoff";
      if (/^(Responses API|Chat completion)/i.test(span.name)) return "llm";
      if (span.name.startsWith("Guardrail")) return "guardrail";
      return span.name.startsWith("OpenAI Agents trace") ? "workflow" : null;
    },
  },
  {
    convention: "pydantic-ai",
    when: (span) => {
      if (span.name === "agent run") return "agent";
      if (/^running tool(s|:|$)/.test(span.name) && has(span, "gen_ai.tool.name")) return "tool";
      return null;
    },
  },
  {
    convention: "crewai",
    when: (span) => {
      if (!has(span, "crewai.event_name") && !span.name.startsWith("crewai.")) return null;
      return span.name === "crewai.workflow" ? "workflow" : null;
    },
  },
  {
    convention: "autogen",
    when: (span) =>
      /^autogen (create|process|send|publish|ack|intercept)/.test(span.name) ? "chain" : null,
  },
];
