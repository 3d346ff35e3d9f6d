import { attr, json, match, named, resource } from "./places.ts";
import type { Place } from "./places.ts";

/** Who ran: workflow, agent, session, deployment, prompt. Source: conventions.md 1.2 to 1.4, 1.20, 1.21. */
export const identity = {
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
    ...attr("openinference", "agent.name"),
    ...json("openinference", "metadata", ["lc_agent_name"]),
    ...attr("langsmith", "langsmith.metadata.lc_agent_name"),
    ...attr("openllmetry", "traceloop.association.properties.lc_agent_name"),
    ...attr("langfuse", "langfuse.observation.metadata.lc_agent_name"),
    ...attr("langfuse", "langfuse.trace.metadata.lc_agent_name"),
    ...attr("openllmetry", "agno.team.name"),
    ...attr("haystack", "haystack.component.name"),
    ...attr("vercel-ai", "ai.telemetry.functionId"),
  ],
  /** Where a span of kind agent says its name only in its own name. */
  agentSpanName: [
    ...attr("openinference", "graph.node.id"),
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
  /** The agent whose turn it is, as a workflow's own step says it. */
  speaker: match(
    "llamaindex",
    /current_agent_name\\?["']?\s*[=:]\s*\\?["']([^"'\\]+)/,
    "llamaindex.step.input_summary",
    "input.value",
    "traceloop.entity.input",
    "traceloop.entity.output",
  ),
  /** The node of a graph that a step belongs to. */
  node: [
    // Of nested graphs the outermost node: `desk:1f…|model:2a…`.
    ...match("openinference", /"langgraph_checkpoint_ns":\s*"([^:"|]+)/, "metadata"),
    ...json("openinference", "metadata", ["langgraph_node"]),
    ...attr("langsmith", "langsmith.metadata.langgraph_node"),
    ...attr("langfuse", "langfuse.observation.metadata.langgraph_node"),
    ...attr("openllmetry", "traceloop.association.properties.langgraph_node"),
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
    ...attr(
      "openllmetry",
      "traceloop.association.properties.session_id",
      "traceloop.association.properties.thread_id",
    ),
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
    ...json("vercel-ai", "ai.telemetry.metadata.langfusePrompt", ["name"]),
  ],
  promptVersion: [
    ...attr("otel-genai", "gen_ai.prompt.version"),
    ...attr("langfuse", "langfuse.observation.prompt.version"),
    ...attr("openinference", "llm.prompt_template.version"),
    ...attr("openllmetry", "traceloop.prompt.version"),
    ...json("vercel-ai", "ai.telemetry.metadata.langfusePrompt", ["version"]),
    // What applications call it in metadata of their own.
    ...attr("openllmetry", "traceloop.association.properties.prompt_version"),
    ...attr("langsmith", "langsmith.metadata.prompt_version"),
    ...attr("mastra", "mastra.metadata.promptVersion"),
    ...attr(
      "vercel-ai",
      "ai.telemetry.metadata.promptVersion",
      "ai.settings.context.promptVersion",
    ),
    ...json("openinference", "metadata", ["prompt_version"], ["promptVersion"]),
    ...attr("langfuse", "langfuse.trace.metadata.prompt_version"),
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
