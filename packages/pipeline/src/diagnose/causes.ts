import type { CauseName } from "../model/attribution.ts";
import type { ChangeKind } from "../model/change.ts";
import {
  atBorder,
  atRetrieval,
  beganAt,
  changed,
  confidenceFell,
  confidenceStable,
  everyTask,
  failsBy,
  fallbackFlat,
  fingerprintShift,
  matches,
  newTask,
  noChange,
  notRun,
  oneTask,
  ownChanges,
  severalAgents,
  toolChanged,
  silentModel,
  unchanged,
  upstreamFlat,
} from "./checks.ts";
import type { Answer } from "./checks.ts";
import type { Facts } from "./facts.ts";

/**
 * One observation that a cause asks for. A cause is not considered unless what it needs matches (no evidence, no cause) and what would
 * veto it does not contradict; the rest ranks.
 */
interface CheckRow {
  readonly id: string;
  readonly asks: string;
  readonly role: "needed" | "veto" | "ranks";
  readonly look: (facts: Facts) => Answer;
}

export interface CauseRow {
  readonly cause: Exclude<CauseName, "unknown">;
  /** The pattern of signals, in the words of the lookup table. */
  readonly pattern: string;
  /** Whether it must have begun at some time; a limit of the model may always have been there. */
  readonly needsOnset: boolean;
  /** Kinds of changes that bring this cause about. */
  readonly changes: readonly ChangeKind[];
  readonly checks: readonly CheckRow[];
  readonly firstStep: string;
}

/** The lookup table. Rows and patterns: the article's six; checks: diagnosis.md A3.4 (d). */
export const causeTable: readonly CauseRow[] = [
  {
    cause: "provider_model_drift",
    pattern: "confidence drops and the execution fingerprint shifts, no deploy on your side",
    needsOnset: true,
    changes: ["model", "provider"],
    checks: [
      {
        id: "model_call",
        asks: "it began at a model call",
        role: "needed",
        look: (facts) => beganAt(facts, "llm", "a model call"),
      },
      {
        id: "model_behavior",
        asks: "the model behaves in another way: what it asks for, in which order, with which arguments",
        role: "needed",
        look: fingerprintShift,
      },
      {
        id: "no_own_change",
        asks: "no prompt, tool or index of yours changed at the onset",
        role: "needed",
        look: (facts) => unchanged(facts, ownChanges, ["model", "provider"]),
      },
      {
        id: "model_changed",
        asks: "the model, its build or the provider changed at the onset",
        role: "ranks",
        look: (facts) => silentModel(facts),
      },
      {
        id: "confidence_fell",
        asks: "confidence fell",
        role: "ranks",
        look: (facts) => confidenceFell(facts),
      },
      {
        id: "every_task",
        asks: "it is not confined to one new kind of task",
        role: "veto",
        look: (facts) => everyTask(facts),
      },
      {
        id: "elsewhere",
        asks: "other workflows moved at the same time",
        role: "ranks",
        look: (facts) =>
          facts.alike.length > 0
            ? matches(facts.alike.join(", "))
            : notRun("no other workflow shows it"),
      },
    ],
    firstStep:
      "Check the provider's changelog and the models that answered against the time of the first failure.",
  },
  {
    cause: "prompt_regression",
    pattern: "grounded drops and downstream_ok falls, the prompt changed",
    needsOnset: true,
    changes: ["prompt"],
    checks: [
      {
        id: "prompt_changed",
        asks: "a prompt changed at the onset",
        role: "needed",
        look: (facts) => changed(facts, ["prompt"], ["prompt:"]),
      },
      {
        id: "model_call",
        asks: "it began at a model call",
        role: "needed",
        look: (facts) => beganAt(facts, "llm", "a model call"),
      },
      {
        id: "every_task",
        asks: "it is not confined to one new kind of task",
        role: "veto",
        look: (facts) => everyTask(facts),
      },
      {
        id: "signals",
        asks: "grounded or downstream_ok fails",
        role: "needed",
        look: (facts) => failsBy(facts, ["grounded", "downstream_ok"]),
      },
      {
        id: "model_unchanged",
        asks: "no change of the model fits better",
        role: "ranks",
        look: (facts) => unchanged(facts, ["model", "provider"], ["prompt"]),
      },
      {
        id: "confidence_stable",
        asks: "confidence did not fall",
        role: "ranks",
        look: (facts) => confidenceStable(facts),
      },
    ],
    firstStep: "Compare system text and tool definitions with those of the last clean run.",
  },
  {
    cause: "retrieval_drift",
    pattern: "grounded drops, confidence stable, fallback flat",
    needsOnset: true,
    changes: ["index"],
    checks: [
      {
        id: "retrieval",
        asks: "it began at a retrieval that found nothing, or worse than before",
        role: "needed",
        look: (facts) => atRetrieval(facts),
      },
      {
        id: "grounded",
        asks: "grounded fails",
        role: "ranks",
        look: (facts) => failsBy(facts, ["grounded"]),
      },
      {
        id: "fallback_flat",
        asks: "no fallback was taken",
        role: "ranks",
        look: (facts) => fallbackFlat(facts),
      },
      {
        id: "confidence_stable",
        asks: "confidence did not fall",
        role: "ranks",
        look: (facts) => confidenceStable(facts),
      },
      {
        id: "index_changed",
        asks: "an index changed at the onset",
        role: "ranks",
        look: (facts) => changed(facts, ["index"], ["index:"]),
      },
      {
        id: "prompt_unchanged",
        asks: "no change of prompt or model fits better",
        role: "ranks",
        look: (facts) => unchanged(facts, ["prompt", "model"], ["index"]),
      },
    ],
    firstStep: "Look at what changed in the index, and run these queries again.",
  },
  {
    cause: "tool_schema_change",
    pattern: "fallback spikes and downstream_ok fails, no prompt change",
    needsOnset: true,
    changes: ["response_schema", "tool_schema"],
    checks: [
      {
        id: "shape",
        asks: "a tool answers in another shape than in clean runs, or its definition changed",
        role: "needed",
        look: (facts) => toolChanged(facts),
      },
      {
        id: "shape_since",
        asks: "the other shape came at the onset",
        role: "ranks",
        look: (facts) => changed(facts, ["response_schema", "tool_schema"], ["response_schema:"]),
      },
      {
        id: "signals",
        asks: "downstream_ok or fallback fails",
        role: "ranks",
        look: (facts) => failsBy(facts, ["downstream_ok", "fallback"]),
      },
      {
        id: "prompt_unchanged",
        asks: "no change of prompt or model fits better",
        role: "ranks",
        look: (facts) => unchanged(facts, ["prompt", "model"], ["response_schema", "tool_schema"]),
      },
      {
        id: "confidence_stable",
        asks: "confidence did not fall",
        role: "ranks",
        look: (facts) => confidenceStable(facts),
      },
    ],
    firstStep: "Compare the shape of the tool's results with that of the clean window.",
  },
  {
    cause: "capability_boundary",
    pattern: "confidence collapses on one task type only",
    needsOnset: false,
    changes: [],
    checks: [
      {
        id: "one_task",
        asks: "it stands in one kind of task",
        role: "needed",
        look: (facts) => oneTask(facts),
      },
      {
        id: "model_call",
        asks: "it began at a model call",
        role: "needed",
        look: (facts) => beganAt(facts, "llm", "a model call"),
      },
      {
        id: "confidence_fell",
        asks: "confidence is lower there",
        role: "ranks",
        look: (facts) => confidenceFell(facts),
      },
      {
        id: "new_task",
        asks: "the kind of task is new or rare in the clean window",
        role: "ranks",
        look: (facts) => newTask(facts),
      },
      {
        id: "no_change",
        asks: "no change of prompt, model or tool fits the onset",
        role: "ranks",
        look: (facts) => noChange(facts),
      },
    ],
    firstStep:
      "Ask whether this kind of task was ever meant to be covered; say in the prompt what to do with it.",
  },
  {
    cause: "inter_agent_misalignment",
    pattern: "a downstream agent fails while the one before it shows no failure of its own",
    needsOnset: true,
    changes: ["deploy", "config", "prompt"],
    checks: [
      {
        id: "border",
        asks: "it began where one agent hands over to another",
        role: "needed",
        look: (facts) => atBorder(facts),
      },
      {
        id: "several_agents",
        asks: "several agents take part",
        role: "needed",
        look: (facts) => severalAgents(facts),
      },
      {
        id: "signals",
        asks: "grounded or downstream_ok of the later agent fails",
        role: "ranks",
        look: (facts) => failsBy(facts, ["grounded", "downstream_ok"]),
      },
      {
        id: "upstream_flat",
        asks: "nothing deviates before the hand-over",
        role: "ranks",
        look: (facts) => upstreamFlat(facts),
      },
      {
        id: "model_unchanged",
        asks: "no change of the model fits better",
        role: "ranks",
        look: (facts) => unchanged(facts, ["model", "provider"], ["deploy", "config", "prompt"]),
      },
    ],
    firstStep: "Hold what was handed over against what the receiving agent used to get.",
  },
];
