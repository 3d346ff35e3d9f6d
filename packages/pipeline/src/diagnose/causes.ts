import type { CauseName, Check } from "../model/attribution.ts";
import type { ChangeKind } from "../model/change.ts";
import { policy } from "../model/policy.ts";
import { failing, fitOfKind, isCommon, ofMembers, shareWhere } from "./facts.ts";
import type { Facts } from "./facts.ts";

type Answer = Pick<Check, "result" | "seen">;

/** One observation that a cause asks for. A cause is not considered unless its required checks match: no evidence, no cause. */
interface CheckRow {
  readonly id: string;
  readonly asks: string;
  readonly required: boolean;
  readonly look: (facts: Facts) => Answer;
}

export interface CauseRow {
  readonly cause: Exclude<CauseName, "unknown">;
  /** The pattern of signals, in the words of the lookup table. */
  readonly pattern: string;
  /** Kinds of changes that bring this cause about. */
  readonly changes: readonly ChangeKind[];
  readonly checks: readonly CheckRow[];
  readonly firstStep: string;
}

const matches = (seen: string): Answer => ({ result: "matches", seen });
const contradicts = (seen: string): Answer => ({ result: "contradicts", seen });
const notRun = (seen: string): Answer => ({ result: "not_run", seen });

function whether(holds: boolean, seen: string): Answer {
  return holds ? matches(seen) : contradicts(seen);
}

function primaryIn(facts: Facts, kinds: readonly string[]): Answer {
  const share = shareWhere(facts, ({ primary }) => primary !== undefined && kinds.includes(primary.kind));
  return whether(isCommon(share), `${facts.signature.primary}: ${ofMembers(share)}`);
}

function beganAt(facts: Facts, kind: string, words: string): Answer {
  const share = shareWhere(facts, ({ originKind }) => originKind === kind);
  return whether(isCommon(share), `${ofMembers(share)} begin at ${words}`);
}

/** A change of these kinds that fits; else whether such changes could have been seen at all. */
function changed(facts: Facts, kinds: readonly ChangeKind[], prefixes: readonly string[]): Answer {
  const fit = fitOfKind(facts, kinds);
  if (fit) return matches(`${fit.change.title}: ${fit.why}`);
  if (!facts.onset) return notRun("too few members to say when it began");
  const visible = facts.members.some(({ entry }) =>
    [...entry.versions.keys()].some((field) => prefixes.some((prefix) => field.startsWith(prefix))),
  );
  if (!visible) return notRun("the spans do not show it, and nobody told of one");
  return contradicts("visible in the spans, and no change of it fits the onset");
}

/** That nothing else changed: contradicted only by a change that the runs themselves show and that explains them better. */
function unchanged(facts: Facts, kinds: readonly ChangeKind[], than: readonly ChangeKind[]): Answer {
  const other = fitOfKind(facts, kinds);
  const own = fitOfKind(facts, than);
  if (!other) return matches("none fits the onset");
  if (own && own.loss <= other.loss) return matches(`${own.change.title} fits better than ${other.change.title}`);
  if (other.change.origin === "told" && other.change.field === null && own) {
    return notRun(`${other.change.title} was told for about the same time`);
  }
  return contradicts(`${other.change.title}: ${other.why}`);
}

function confidenceFell(facts: Facts): Answer {
  const { result, text } = facts.confidence;
  if (result === "absent") return notRun(text);
  return whether(result === "fell", text);
}

function confidenceStable(facts: Facts): Answer {
  const { result, text } = facts.confidence;
  if (result === "absent") return notRun(text);
  return whether(result === "stable", text);
}

function failsBy(facts: Facts, reasons: readonly ("grounded" | "downstream_ok" | "fallback" | "error")[]): Answer {
  const told = reasons.map((reason) => `${reason} ${ofMembers(failing(facts, reason))}`).join(", ");
  const some = shareWhere(facts, ({ entry }) => reasons.some((reason) => entry.run.failed.includes(reason)));
  return whether(some.count * 2 >= some.of, told);
}

const drifting = ["no_retrieval", "missing_step", "args_mismatch", "order_never", "loop", "truncated"];
const modelKinds = [...drifting, "low_confidence", "args_ungrounded", "ungrounded", "output_mismatch", "contract", "app_rejected", "num_unsupported", "hedge"];
const ownChanges: readonly ChangeKind[] = ["prompt", "tool_schema", "index", "response_schema"];

/** The lookup table. Rows and patterns: the article's six; checks: diagnosis.md A3.4 (d). */
export const causeTable: readonly CauseRow[] = [
  {
    cause: "provider_model_drift",
    pattern: "confidence drops and the execution fingerprint shifts, no deploy on your side",
    changes: ["model", "provider"],
    checks: [
      { id: "model_call", asks: "it began at a model call", required: true, look: (facts) => beganAt(facts, "llm", "a model call") },
      { id: "model_behavior", asks: "the model behaves in another way: what it asks for, in which order, with which arguments", required: true, look: fingerprintShift },
      { id: "no_own_change", asks: "no prompt, tool or index of yours changed at the onset", required: true, look: (facts) => unchanged(facts, ownChanges, ["model", "provider"]) },
      { id: "model_changed", asks: "the model, its build or the provider changed at the onset", required: false, look: (facts) => silentModel(facts) },
      { id: "confidence_fell", asks: "confidence fell", required: false, look: (facts) => confidenceFell(facts) },
      { id: "every_task", asks: "it is not confined to one kind of task", required: false, look: (facts) => everyTask(facts) },
      { id: "elsewhere", asks: "other workflows moved at the same time", required: false, look: (facts) => (facts.alike.length > 0 ? matches(facts.alike.join(", ")) : notRun("no other workflow shows it")) },
    ],
    firstStep: "Check the provider's changelog and the models that answered against the time of the first failure.",
  },
  {
    cause: "prompt_regression",
    pattern: "grounded drops and downstream_ok falls, the prompt changed",
    changes: ["prompt"],
    checks: [
      { id: "prompt_changed", asks: "a prompt changed at the onset", required: true, look: (facts) => changed(facts, ["prompt"], ["prompt:"]) },
      { id: "model_call", asks: "it began at a model call", required: true, look: (facts) => beganAt(facts, "llm", "a model call") },
      { id: "signals", asks: "grounded or downstream_ok fails", required: false, look: (facts) => failsBy(facts, ["grounded", "downstream_ok"]) },
      { id: "model_unchanged", asks: "no change of the model fits better", required: false, look: (facts) => unchanged(facts, ["model", "provider"], ["prompt"]) },
      { id: "confidence_stable", asks: "confidence did not fall", required: false, look: (facts) => confidenceStable(facts) },
    ],
    firstStep: "Compare system text and tool definitions with those of the last clean run.",
  },
  {
    cause: "retrieval_drift",
    pattern: "grounded drops, confidence stable, fallback flat",
    changes: ["index"],
    checks: [
      { id: "retrieval", asks: "it began at a retrieval that found nothing, or worse than before", required: true, look: (facts) => primaryIn(facts, ["empty_retrieval", "low_score"]) },
      { id: "grounded", asks: "grounded fails", required: false, look: (facts) => failsBy(facts, ["grounded"]) },
      { id: "fallback_flat", asks: "no fallback was taken", required: false, look: (facts) => fallbackFlat(facts) },
      { id: "confidence_stable", asks: "confidence did not fall", required: false, look: (facts) => confidenceStable(facts) },
      { id: "index_changed", asks: "an index changed at the onset", required: false, look: (facts) => changed(facts, ["index"], ["index:"]) },
      { id: "prompt_unchanged", asks: "no change of prompt or model fits better", required: false, look: (facts) => unchanged(facts, ["prompt", "model"], ["index"]) },
    ],
    firstStep: "Look at what changed in the index, and run these queries again.",
  },
  {
    cause: "tool_schema_change",
    pattern: "fallback spikes and downstream_ok fails, no prompt change",
    changes: ["response_schema", "tool_schema"],
    checks: [
      { id: "shape", asks: "a tool answers with another shape than in clean runs", required: true, look: (facts) => primaryIn(facts, ["schema_mismatch"]) },
      { id: "shape_since", asks: "the other shape came at the onset", required: false, look: (facts) => changed(facts, ["response_schema", "tool_schema"], ["response_schema:"]) },
      { id: "signals", asks: "downstream_ok or fallback fails", required: false, look: (facts) => failsBy(facts, ["downstream_ok", "fallback"]) },
      { id: "prompt_unchanged", asks: "no change of prompt or model fits better", required: false, look: (facts) => unchanged(facts, ["prompt", "model"], ["response_schema", "tool_schema"]) },
      { id: "confidence_stable", asks: "confidence did not fall", required: false, look: (facts) => confidenceStable(facts) },
    ],
    firstStep: "Compare the shape of the tool's results with that of the clean window.",
  },
  {
    cause: "capability_boundary",
    pattern: "confidence collapses on one task type only",
    changes: [],
    checks: [
      { id: "one_task", asks: "it stands in one kind of task", required: true, look: (facts) => oneTask(facts) },
      { id: "model_call", asks: "it began at a model call", required: true, look: (facts) => beganAt(facts, "llm", "a model call") },
      { id: "confidence_fell", asks: "confidence is lower there", required: false, look: (facts) => confidenceFell(facts) },
      { id: "new_task", asks: "the kind of task is new or rare in the clean window", required: false, look: (facts) => newTask(facts) },
      { id: "no_change", asks: "no change of prompt, model or tool fits the onset", required: false, look: (facts) => unchanged(facts, [...ownChanges, "model", "provider"], []) },
    ],
    firstStep: "Ask whether this kind of task was ever meant to be covered; say in the prompt what to do with it.",
  },
  {
    cause: "inter_agent_misalignment",
    pattern: "a downstream agent fails while the one before it shows no failure of its own",
    changes: ["deploy", "config", "prompt"],
    checks: [
      { id: "border", asks: "it began where one agent hands over to another", required: true, look: (facts) => primaryIn(facts, ["handoff_schema"]) },
      { id: "several_agents", asks: "several agents take part", required: true, look: (facts) => severalAgents(facts) },
      { id: "signals", asks: "grounded or downstream_ok of the later agent fails", required: false, look: (facts) => failsBy(facts, ["grounded", "downstream_ok"]) },
      { id: "upstream_flat", asks: "nothing deviates before the hand-over", required: false, look: (facts) => upstreamFlat(facts) },
      { id: "model_unchanged", asks: "no change of the model fits better", required: false, look: (facts) => unchanged(facts, ["model", "provider"], ["deploy", "config", "prompt"]) },
    ],
    firstStep: "Hold what was handed over against what the receiving agent used to get.",
  },
];

function fingerprintShift(facts: Facts): Answer {
  const answer = primaryIn(facts, drifting);
  if (answer.result === "matches") return answer;
  const weaker = primaryIn(facts, modelKinds);
  const model = fitOfKind(facts, ["model", "provider"]);
  if (weaker.result === "matches" && (model || facts.confidence.result === "fell")) return weaker;
  return answer;
}

function silentModel(facts: Facts): Answer {
  const answer = changed(facts, ["model", "provider"], ["model_answered:", "model_build:"]);
  return answer.result === "contradicts"
    ? notRun("the model's name and build stayed the same; a provider may change what is behind them")
    : answer;
}

function fallbackFlat(facts: Facts): Answer {
  const share = failing(facts, "fallback");
  return whether(share.count / Math.max(1, share.of) < policy("fallbackFlatShare"), ofMembers(share));
}

function oneTask(facts: Facts): Answer {
  const focus = facts.taskType;
  if (!focus) return notRun("runs have no task type, or only one");
  const { members, inside, outside, name } = focus;
  const seen = `${name}: ${ofMembers(members)}; of other tasks ${outside.count} of ${outside.of}, of this ${inside.count} of ${inside.of}`;
  const lift = inside.count / Math.max(1, inside.of) / ((outside.count + 0.5) / (outside.of + 1));
  return whether(isCommon(members) && lift >= policy("taskLift"), seen);
}

/** A provider's change reaches every kind of task; what stands in one alone is the model's limit there. */
function everyTask(facts: Facts): Answer {
  const { result, seen } = oneTask(facts);
  return result === "not_run" ? notRun(seen) : whether(result === "contradicts", seen);
}

function newTask(facts: Facts): Answer {
  const focus = facts.taskType;
  if (!focus) return notRun("runs have no task type, or only one");
  const share = focus.cleanRuns / Math.max(1, facts.cleanRuns.length);
  const seen = `${focus.cleanRuns} of ${facts.cleanRuns.length} clean runs are ${focus.name}`;
  return share < policy("usualDeviationShare") ? matches(seen) : notRun(seen);
}

function severalAgents(facts: Facts): Answer {
  const share = shareWhere(
    facts,
    ({ view }) => new Set(view.steps.flatMap(({ agent }) => agent ?? [])).size > 1,
  );
  return whether(isCommon(share), ofMembers(share));
}

function upstreamFlat(facts: Facts): Answer {
  const share = shareWhere(
    facts,
    ({ deviations, primary }) => !primary || !deviations.some(({ seq }) => seq < primary.seq),
  );
  return whether(isCommon(share), ofMembers(share));
}
