import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import { policy } from "@rootward/pipeline/model/policy";
import type { TrialEvidence } from "@rootward/pipeline/ports";
import type { Servers } from "./mcp/definitions.ts";
import type { Called, Tools } from "./mcp/messages.ts";
import { messageOf } from "./output.ts";
import { newReplay } from "./replay.ts";

/** The tools of one trial. */
export interface TrialTools {
  /** Every call, in the order in which it was answered. */
  readonly calls: TrialEvidence["replayed"];
  /** A call over HTTP. */
  call(tool: string, args: unknown): Promise<Called>;
  /** A server of MCP; null where the agent has none of this name. */
  server(name: string): Tools | null;
  /** Counts a call that gets no answer, whatever is recorded. */
  miss(tool: string, args: unknown): void;
}

interface TrialToolsInput {
  readonly evalCase: Pick<EvalCase, "environment" | "recognize">;
  readonly agent: AgentConfig;
  readonly servers: Servers;
  readonly cassette: readonly RecordedCall[];
}

/** How the real tool is asked; null where it never is. */
type Real = ((args: unknown) => Promise<{ result: unknown; failed: boolean }>) | null;

/**
 * The tools of a trial: answered from the recordings of its case. The real tool is asked only where `rootward.yaml` names it `live` (never
 * one that writes) and the case says so: `tools: live`, `retrieval: live` for its retrievers, `on_miss: live` where nothing is recorded.
 */
export function newTrialTools({ evalCase, agent, servers, cassette }: TrialToolsInput): TrialTools {
  const { environment } = evalCase;
  const replay = newReplay(cassette, environment?.match ?? "args");
  const isLive = (tool: string) =>
    environment?.tools === "live" ||
    (environment?.retrieval === "live" && evalCase.recognize?.retrievers?.includes(tool) === true);
  const call = async (tool: string, args: unknown, real: Real): Promise<Called> => {
    const asksReal =
      isLive(tool) || (environment?.on_miss === "live" && !replay.answers(tool, args));
    if (real === null || !asksReal) return recorded(tool, args);
    try {
      const { result, failed } = await real(args);
      replay.live(tool, args, result);
      return { how: "result", result, failed };
    } catch (error) {
      replay.miss(tool, args);
      return { how: "none", why: `the real ${tool} could not be asked: ${messageOf(error)}` };
    }
  };
  const recorded = (tool: string, args: unknown): Called => {
    const { match, result, failed } = replay.answer(tool, args);
    return match === "miss"
      ? { how: "none", why: `no recording of ${tool} answers this call` }
      : { how: "result", result, failed };
  };
  return {
    calls: replay.calls,
    miss: (tool, args) => replay.miss(tool, args),
    call: (tool, args) => call(tool, args, realHttp(agent, tool)),
    server(name) {
      const server = servers.named(name);
      if (server === null) return null;
      return {
        async list() {
          try {
            return await servers.tools(name, cassette);
          } catch (error) {
            replay.miss(`${name}: tools/list`, { why: messageOf(error) });
            throw error;
          }
        },
        call(tool, args) {
          const isAllowed = server.writes !== true && server.live?.includes(tool) === true;
          const real: Real = isAllowed ? (given) => servers.call(name, tool, given) : null;
          return call(recordedName(cassette, name, tool), args, real);
        },
      };
    },
  };
}

/** The name that a server's tool has in recordings: frameworks put the server's before it, each in its own way. */
function recordedName(cassette: readonly RecordedCall[], server: string, tool: string): string {
  const forms = [tool, `${server}.${tool}`, `${server}/${tool}`, `${server}_${tool}`];
  const all = [...forms, `${server}__${tool}`, `mcp__${server}__${tool}`, `mcp_${server}_${tool}`];
  return all.find((form) => cassette.some((call) => call.tool === form)) ?? tool;
}

function realHttp(agent: AgentConfig, tool: string): Real {
  const configured = agent.tools?.[tool];
  if (configured?.via !== "http" || configured.live !== true || configured.writes === true)
    return null;
  const { url } = configured;
  if (url === undefined) return null;
  return async (args) => {
    const response = await fetch(`${url.replace(/\/$/, "")}/${encodeURIComponent(tool)}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(args),
      signal: AbortSignal.timeout(policy("mcpTimeoutMs")),
    });
    const text = await response.text();
    return { result: valueOf(text), failed: !response.ok };
  };
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
