import type { FaultCause } from "../faults.ts";
import type { Names } from "../names.ts";
import type { AgentStep, ModelSpec, RunPlan, ToolStep } from "../plan.ts";
import type { Random } from "../random.ts";
import { asks, call, returns } from "../workflows/moment.ts";
import type { Topic } from "../workflows/policy.ts";

/** What an agent under test gets for one trial. */
export interface Setting {
  readonly names: Names;
  readonly topics: readonly Topic[];
  /** The faults that it has; without any it is the repaired one. */
  readonly faults: ReadonlySet<FaultCause>;
  readonly question: string;
  readonly traceId: string;
  readonly startMs: number;
  readonly random: Random;
  readonly askTool: AskTool;
}

/** Calls a tool through the gate. `error` is what a failed call says; then there is no result. */
export type AskTool = (
  name: string,
  args: unknown,
) => Promise<{ readonly result: unknown; readonly error: string | null }>;

/** What an agent did and what it answers. */
export interface Played {
  readonly plan: RunPlan;
  readonly output: unknown;
  readonly citations?: readonly string[];
  readonly retrieved?: readonly string[];
}

export interface Speaker {
  readonly model: ModelSpec;
  readonly probability: number | null;
}

interface ToolUse {
  readonly speaker: Speaker;
  readonly name: string;
  readonly args: unknown;
  readonly retrieval?: (result: unknown) => ToolStep["retrieval"];
}

/** One call of a tool as the model asks for it: its steps are added, its result is given; null where the call failed. */
export async function useTool(
  { askTool, random }: Setting,
  steps: AgentStep[],
  { speaker, name, args, retrieval }: ToolUse,
): Promise<unknown> {
  const asked = call(name, args, random);
  const { result, error } = await askTool(name, args);
  const step = returns(asked, result, random, { retrieval: retrieval?.(result) ?? null });
  const thrown = error === null ? null : { type: "ToolError", message: error };
  steps.push(asks(speaker, [asked], random), { ...step, thrown });
  return error === null ? result : null;
}

/** A run of a trial: its service and environment are those of a candidate. */
export function candidateRun(
  { traceId, startMs, question }: Setting,
  { workflow, service }: { readonly workflow: string; readonly service: string },
  { agents, intake }: Pick<RunPlan, "agents" | "intake">,
): RunPlan {
  const quick = <T extends AgentStep>(step: T): T => ({ ...step, ms: 2 });
  return {
    traceId,
    workflow,
    service,
    version: "candidate",
    environment: "ci",
    session: "gate",
    user: "gate",
    startMs,
    question,
    agents: agents.map((agent) => ({ ...agent, steps: agent.steps.map(quick) })),
    intake,
    touchedBy: null,
  };
}

/** A property of what may be an object. */
export function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** A number that a property holds. */
export function numberAt(value: unknown, key: string): number | null {
  const found = property(value, key);
  return typeof found === "number" ? found : null;
}

/** A text that a property holds. */
export function textAt(value: unknown, key: string): string | null {
  const found = property(value, key);
  return typeof found === "string" ? found : null;
}

/** The documents in a list of a result; none where it has another shape. */
export function documentsAt(result: unknown, key: string) {
  const list = property(result, key);
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const [id, text] = [textAt(item, "id"), textAt(item, "text")];
    return id === null || text === null ? [] : [{ id, text, score: numberAt(item, "score") ?? 1 }];
  });
}
