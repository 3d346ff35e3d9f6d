import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import type { GateCase } from "@rootward/pipeline/pipeline";
import type { LoadedConfig } from "./config.ts";
import { OperatorError } from "./output.ts";

/** What `agents:` of `rootward.yaml` says, by name. */
export type Agents = Readonly<Record<string, AgentConfig>>;

/** The name of a case's agent in `rootward.yaml`: its own, else its workflow's; null where neither is there. */
export function agentName(
  agents: Agents,
  { agent, workflow }: Pick<GateCase["evalCase"], "agent" | "workflow">,
): string | null {
  return [agent, workflow].find((each) => Object.hasOwn(agents, each)) ?? null;
}

/**
 * Sees to it that every case that is to be tried has an agent: whose has none could never be decided, by whatever the agent does.
 *
 * @throws OperatorError  exit code 2: names the case file, the agent and those that are there. Source: evals.md 3.1
 */
export function requireAgents(cases: readonly GateCase[], { config, path }: LoadedConfig): void {
  const agents = config.agents ?? {};
  const lost = cases.find(
    ({ evalCase }) => evalCase.status === "active" && agentName(agents, evalCase) === null,
  );
  if (lost === undefined) return;
  const { agent, workflow } = lost.evalCase;
  const named = agent === workflow ? agent : `${agent} (or ${workflow}, its workflow)`;
  const where = path === null ? "and no rootward.yaml was found" : `in ${path}`;
  const there = Object.keys(agents).join(", ") || "none";
  throw new OperatorError(
    `${lost.file}: no agent ${named} under agents: ${where} (there: ${there})`,
    2,
  );
}

/** Whether a case lets real tools answer, where its agent allows any. */
export function asksLiveTools({ environment }: Pick<GateCase["evalCase"], "environment">): boolean {
  const { tools, retrieval, on_miss: onMiss } = environment ?? {};
  return [tools, retrieval, onMiss].includes("live");
}

/**
 * Sees to it that a case which asks for live tools can have one: only what `rootward.yaml` names is ever asked for real.
 *
 * @throws OperatorError  exit code 2: names the case file, what it asks for and where the permission would stand
 */
export function requireLiveTools(cases: readonly GateCase[], { config }: LoadedConfig): void {
  const agents = config.agents ?? {};
  for (const { evalCase, file } of cases) {
    const name = agentName(agents, evalCase);
    if (evalCase.status !== "active" || name === null) continue;
    if (!asksLiveTools(evalCase)) continue;
    const isAllowed = Object.values(agents[name]?.tools ?? {}).some(
      ({ live }) => live !== undefined && live !== false,
    );
    if (!isAllowed)
      throw new OperatorError(
        `${file}: environment asks for live tools, but agent ${name} allows none; accepted: replay, or live under agents.${name}.tools for a tool that only reads`,
        2,
      );
  }
}
