import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { durationMs } from "@rootward/pipeline/model/evalfields";
import { policy } from "@rootward/pipeline/model/policy";
import type { TrialEvidence } from "@rootward/pipeline/ports";
import type { Door, TrialPost } from "../collector.ts";
import { mcpProxyCommand } from "../mcp/proxy.ts";

/** One trial as an adapter is asked for it. */
export interface Asked {
  readonly evalCase: EvalCase;
  readonly agent: AgentConfig;
  readonly trial: number;
  /** Where its spans and tool calls come in. */
  readonly post: TrialPost;
  /** The trial's own span, which is nobody's telemetry: the agent's root stands below it. */
  readonly traceparent: string;
}

/**
 * Whether spans may still come once an adapter has answered: `gone`, no process of the trial is left; `flushed`, its telemetry was asked
 * to send all and has; `sent`, by contract they came before the answer; `running`, a batch may be on its way.
 */
type Sending = "gone" | "flushed" | "sent" | "running";

export interface Told {
  readonly answer: TrialEvidence["answer"];
  readonly durationMs: number;
  readonly sending: () => Sending;
  /** Ends what is left of the trial. */
  readonly end: () => void;
}

/** A way to reach an agent. */
export interface Adapter {
  /**
   * @returns null where the trial was lost through no fault of its own, so that it must be asked for again
   * @throws PortError candidate_failed, candidate_timeout  with one sentence
   */
  ask(asked: Asked): Promise<Told | null>;
  /** Ends every process that it started. */
  stop(): void;
}

/** How long an agent may take for one trial. */
export function timeoutMs({ timeout }: Pick<AgentConfig, "timeout">): number {
  return durationMs(timeout ?? "") ?? policy("candidateTimeoutMs");
}

/** What is asked of an agent, in the one form that all adapters know. Source: evals.md 2.1. */
export function requestOf({ evalCase, agent, trial, post, traceparent }: Asked) {
  const { otlpEndpoint, toolBaseUrl } = post;
  const servers = mcpServers(agent, post);
  const { id, task_type = null, input } = evalCase;
  return {
    case_id: id,
    trial,
    task_type,
    input,
    context: {
      traceparent,
      otlp_endpoint: otlpEndpoint,
      tool_base_url: toolBaseUrl,
      ...(Object.keys(servers).length > 0 && { mcp_servers: servers }),
    },
  };
}

/** What would lead spans past the trial's own address, or switch them off. */
const unset = [
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
  "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_SDK_DISABLED",
];

/** The variables of an agent's process: our own, the agent's, and where its telemetry goes. */
export function agentEnvironment(agent: AgentConfig, otlpEndpoint: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !unset.includes(name));
  return {
    ...Object.fromEntries(inherited),
    ...agent.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_BSP_SCHEDULE_DELAY: "200",
    OTEL_TRACES_SAMPLER: "always_on",
  };
}

/** Where an agent finds its servers of MCP, by name, in the form that most clients are configured with. */
function mcpServers(agent: AgentConfig, { mcpBaseUrl }: Door): Record<string, object> {
  return Object.fromEntries(
    Object.entries(agent.tools ?? {}).flatMap(([name, { via }]): [string, object][] => {
      const url = `${mcpBaseUrl}/${encodeURIComponent(name)}`;
      if (via === "mcp-stdio") return [[name, mcpProxyCommand(url)]];
      return via === "mcp-http" ? [[name, { url }]] : [];
    }),
  );
}

/** The variables that lead an agent to its tools as a trial has them. */
export function toolVariables(agent: AgentConfig, door: Door): Record<string, string> {
  return Object.fromEntries(
    Object.entries(agent.tools ?? {}).flatMap(([name, tool]): [string, string][] => {
      const url = `${door.mcpBaseUrl}/${encodeURIComponent(name)}`;
      switch (tool.via) {
        case "http":
          return tool.base_url_env === undefined ? [] : [[tool.base_url_env, door.toolBaseUrl]];
        case "mcp-http":
          return tool.url_env === undefined ? [] : [[tool.url_env, url]];
        case "mcp-stdio": {
          const { command, args } = mcpProxyCommand(url);
          const line = [command, ...args].map(quoted).join(" ");
          return tool.command_env === undefined ? [] : [[tool.command_env, line]];
        }
      }
    }),
  );
}

/** A word of a command line, as POSIX shells read it. */
function quoted(word: string): string {
  return /^[\w./:@%+=,~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
