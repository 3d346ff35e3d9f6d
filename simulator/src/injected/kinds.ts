import type { FaultCause } from "../faults.ts";
import type { FieldKind, Stage, StageKind, World } from "./world.ts";

export type InjectedCause = FaultCause | "unknown";

/** Where a fault can sit, and whose deploy it is. */
interface Row {
  readonly cause: InjectedCause;
  /** `result`, `call` and `step` sit at a stage; the others at an agent. */
  readonly at: "result" | "call" | "step" | "output" | "handoff" | "agent";
  readonly stages?: readonly StageKind[];
  /** The kinds of field that it changes. */
  readonly fields?: readonly FieldKind[];
  readonly does: string;
}

const tools = ["read", "list", "write"] as const;

/** Every fault that can be injected. */
export const faultRows = {
  field_renamed: {
    cause: "tool_schema_change",
    at: "result",
    stages: ["read"],
    fields: ["amount", "currency", "date", "status", "id"],
    does: "a field of a tool's result gets another name",
  },
  unit_changed: {
    cause: "tool_schema_change",
    at: "result",
    stages: ["read"],
    fields: ["amount"],
    does: "a tool gives an amount in hundredths",
  },
  date_format: {
    cause: "tool_schema_change",
    at: "result",
    stages: ["read"],
    fields: ["date"],
    does: "a tool writes dates as 31/12/2026",
  },
  locale_numbers: {
    cause: "tool_schema_change",
    at: "result",
    stages: ["read"],
    fields: ["amount"],
    does: "a tool writes amounts as text with a comma",
  },
  null_value: {
    cause: "unknown",
    at: "result",
    stages: ["read"],
    fields: ["status", "currency", "date"],
    does: "a value that is always there is null",
  },
  empty_answer: {
    cause: "unknown",
    at: "result",
    stages: ["read"],
    does: "a tool answers with an empty object and says that all is well",
  },
  partial_list: {
    cause: "unknown",
    at: "result",
    stages: ["list"],
    does: "a list comes in pages, and only the first is read",
  },
  index_empty: {
    cause: "retrieval_drift",
    at: "result",
    stages: ["search"],
    does: "the index lost documents; the model cites them from memory",
  },
  stale_documents: {
    cause: "retrieval_drift",
    at: "result",
    stages: ["search"],
    does: "the index returns superseded documents",
  },
  rate_limited: {
    cause: "unknown",
    at: "step",
    stages: ["read", "search"],
    does: "a tool refuses for too many requests; another one stands in",
  },
  outage: {
    cause: "unknown",
    at: "step",
    stages: tools,
    does: "a tool fails however often it is tried; the run goes on without it",
  },
  argument_dialect: {
    cause: "provider_model_drift",
    at: "call",
    stages: ["read", "list"],
    fields: ["id"],
    does: "the model writes an id without its letters; the tool does not know it",
  },
  skipped_step: {
    cause: "provider_model_drift",
    at: "step",
    stages: ["search", "read"],
    does: "the model answers without asking the tool",
  },
  confirmation_missing: {
    cause: "prompt_regression",
    at: "step",
    stages: ["approve"],
    does: "the prompt lost the rule that a write needs an approval",
  },
  duplicated_write: {
    cause: "provider_model_drift",
    at: "step",
    stages: ["write"],
    does: "the model writes the same thing twice",
  },
  wrong_tool: {
    cause: "prompt_regression",
    at: "step",
    stages: ["read", "search"],
    does: "the model asks a tool that does not know the answer",
  },
  loop: {
    cause: "provider_model_drift",
    at: "step",
    stages: ["read", "search", "list"],
    does: "the model asks the same tool again and again, then gives up",
  },
  premature_end: {
    cause: "prompt_regression",
    at: "step",
    stages: ["read", "search", "write"],
    does: "the agent promises to come back instead of going on",
  },
  context_lost: {
    cause: "unknown",
    at: "output",
    does: "the last model call is told only the latest turns",
  },
  output_field_dropped: {
    cause: "prompt_regression",
    at: "output",
    does: "the prompt no longer says that a field is needed",
  },
  output_cut: {
    cause: "unknown",
    at: "output",
    does: "the last answer ends at the limit of its length",
  },
  citation_invented: {
    cause: "prompt_regression",
    at: "output",
    does: "the model cites a document that it did not read",
  },
  beyond_model: {
    cause: "capability_boundary",
    at: "output",
    does: "a kind of request that the model is unsure of, and gets wrong",
  },
  handoff_field_lost: {
    cause: "inter_agent_misalignment",
    at: "handoff",
    does: "an agent no longer passes on a field that the next one needs",
  },
  handoff_format: {
    cause: "inter_agent_misalignment",
    at: "handoff",
    fields: ["id"],
    does: "an agent passes on an id as an object that the next one cannot read",
  },
  wrong_agent: {
    cause: "inter_agent_misalignment",
    at: "agent",
    does: "the first agent hands over to the specialist of the other kind of case",
  },
  ping_pong: {
    cause: "inter_agent_misalignment",
    at: "agent",
    does: "two agents hand the case back and forth",
  },
} as const satisfies Record<string, Row>;

export type FaultType = keyof typeof faultRows;
export const faultTypes = Object.keys(faultRows).filter(isFaultType);

function isFaultType(name: string): name is FaultType {
  return name in faultRows;
}

/** One fault at one place of a world. */
export interface Injection {
  readonly type: FaultType;
  readonly cause: InjectedCause;
  readonly worker: number;
  /** null: at the agent, its output or its hand-off. */
  readonly stage: number | null;
  /** The name of the field that it changes. */
  readonly field: string | null;
  /** The tool, else the agent. */
  readonly component: string;
}

function stagePlaces(world: World, type: FaultType, row: Row): readonly Injection[] {
  return world.workers.flatMap(({ stages }, worker) =>
    stages.flatMap((stage, at): readonly Injection[] => {
      if (!(row.stages ?? []).includes(stage.kind) || !matters(world, type, stage)) return [];
      const base = { type, cause: row.cause, worker, stage: at, component: stage.tool };
      if (!row.fields) return [{ ...base, field: null }];
      const list = row.at === "call" ? stage.takes : stage.gives;
      return list
        .filter((field) => row.fields?.includes(field.kind) && isUsed(world, field.name))
        .map((field) => ({ ...base, field: field.name }));
    }),
  );
}

/** Whether somebody after the tool misses the value: else no run fails by it. */
function isUsed(world: World, name: string): boolean {
  const taken = world.workers.flatMap(({ stages }) => stages.flatMap(({ takes }) => takes));
  return [...world.output, ...taken].some((field) => field.name === name);
}

function matters(world: World, type: FaultType, stage: Stage): boolean {
  if (type === "rate_limited") return stage.backup !== null;
  if (stage.kind === "search" || stage.kind === "approve" || stage.kind === "write") return true;
  return stage.gives.some(({ name }) => world.output.some((field) => field.name === name));
}

/** Every place of a world at which a kind of fault can sit; none where it has no such place. */
export function placesOf(world: World, type: FaultType): readonly Injection[] {
  const row: Row = faultRows[type];
  if (row.stages) return stagePlaces(world, type, row);
  const last = world.workers.length - 1;
  const at = (worker: number, field: string | null): Injection => ({
    type,
    cause: row.cause,
    worker,
    stage: null,
    field,
    component: world.workers[worker]?.name ?? "",
  });
  if (row.at === "handoff") {
    return world.workers.slice(0, -1).flatMap(({ passes }, worker) =>
      passes
        .filter((field) => isNeeded(world, worker + 1, field.name))
        .filter((field) => !row.fields || row.fields.some((kind) => kind === field.kind))
        .map((field) => at(worker, field.name)),
    );
  }
  if (row.at === "agent") return world.other ? [at(type === "ping_pong" ? 1 : 0, null)] : [];
  if (type === "citation_invented") return world.cites ? [at(last, null)] : [];
  if (type === "output_field_dropped" || type === "beyond_model") {
    return world.output
      .filter(({ kind }) => type !== "beyond_model" || kind === "amount" || kind === "date")
      .map(({ name }) => at(last, name));
  }
  return [at(last, null)];
}

function isNeeded(world: World, worker: number, name: string): boolean {
  const stages = world.workers[worker]?.stages ?? [];
  return stages.some(({ takes }) => takes.some((field) => field.name === name));
}
