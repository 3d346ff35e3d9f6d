import type { Cause, CauseName, Check, Verdict } from "@rootward/pipeline/model/attribution";
import type { ChangeKind } from "@rootward/pipeline/model/change";
import type { ClusterState } from "@rootward/pipeline/model/cluster";
import type { LinkProof } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import type {
  AbsentReason,
  FailureReason,
  Method,
  SignalName,
} from "@rootward/pipeline/model/signal";

/** How a signal is drawn and read. `shows` says what its rate counts; of fallback the runs that fell back are shown, not those that did not. */
export const signalWords = {
  grounded: {
    letter: "g",
    failing: "not grounded",
    shows: `share of runs with grounded ${policy("groundedFailsBelow")} or more`,
    countsGood: true,
  },
  fallback: {
    letter: "f",
    failing: "fell back",
    shows: "share of runs that fell back",
    countsGood: false,
  },
  confidence: {
    letter: "c",
    failing: "low confidence",
    shows: `share of runs with confidence ${policy("confidenceLowBelow").toFixed(2)} or more`,
    countsGood: true,
  },
  downstream_ok: {
    letter: "d",
    failing: "downstream not ok",
    shows: "share of runs whose output the consumer's contract accepts",
    countsGood: true,
  },
} as const satisfies Record<
  SignalName,
  { letter: string; failing: string; shows: string; countsGood: boolean }
>;

const causeWords = {
  provider_model_drift: "provider model drift",
  prompt_regression: "prompt regression",
  retrieval_drift: "retrieval drift",
  tool_schema_change: "tool schema change",
  capability_boundary: "capability boundary",
  inter_agent_misalignment: "inter-agent misalignment",
  unknown: "no cause named",
} as const satisfies Record<CauseName, string>;

function isStandard(cause: Cause["cause"]): cause is CauseName {
  return Object.hasOwn(causeWords, cause);
}

/** A cause in words; one that a user added by its own name. */
export function wordsOfCause(cause: Cause["cause"]): string {
  return isStandard(cause) ? causeWords[cause] : cause.replaceAll("_", " ");
}

/** Which signals each cause of the lookup table moves: its silhouette. */
const causeShapes = {
  provider_model_drift: ["fallback", "confidence"],
  prompt_regression: ["grounded", "downstream_ok"],
  retrieval_drift: ["grounded"],
  tool_schema_change: ["fallback", "downstream_ok"],
  capability_boundary: ["confidence"],
  inter_agent_misalignment: ["grounded"],
  unknown: [],
} as const satisfies Record<CauseName, readonly SignalName[]>;

/** The silhouette of a cause; one that a user added has none. */
export function shapeOfCause(cause: Cause["cause"]): readonly SignalName[] {
  return isStandard(cause) ? causeShapes[cause] : [];
}

export const verdictWords = {
  attributed: "attributed",
  likely: "likely",
  unresolved: "not resolved",
  confounded: "confounded: several changes fit",
} as const satisfies Record<Verdict, string>;

export const checkWords = {
  matches: "matches",
  contradicts: "contradicts",
  not_run: "not run",
} as const satisfies Record<Check["result"], string>;

export const stateWords = {
  new: "new",
  reading: "reading",
  diagnosing: "diagnosing",
  diagnosed: "diagnosed",
  guarded: "guarded",
  resolved: "resolved",
  closed_without_eval: "closed without eval",
  regressed: "regressed",
} as const satisfies Record<ClusterState, string>;

/** What a gate made of a case. */
export const actionWords: Readonly<Record<string, string>> = {
  ok: "it held",
  block: "it blocked",
  needs_override: "it needs an override",
  overridden: "overridden",
  undecided: "could not be decided",
  logged: "it failed and was logged",
};

export const laneWords = {
  deploy: "deploy",
  prompt: "prompt",
  model: "model",
  index: "index",
  tool_schema: "tool schema",
  response_schema: "response shape",
  config: "config",
  provider: "provider notice",
} as const satisfies Record<ChangeKind, string>;

/** The lanes in their order. */
export const lanes = [
  "deploy",
  "prompt",
  "model",
  "provider",
  "index",
  "tool_schema",
  "response_schema",
  "config",
] as const satisfies readonly ChangeKind[];

/** What is read to see changes of a kind, said where a lane has none: absence of news is not absence of change. */
export const laneSources = {
  deploy: "no change seen; service.version read from spans",
  prompt: "no change seen; system prompts read from spans",
  model: "no change seen; requested and answered model read from spans",
  index: "no change seen; index versions read from spans",
  tool_schema: "no change seen; tool definitions read from spans",
  response_schema: "no change seen; shapes of tool results read from spans",
  config: "none told",
  provider: "none told; no provider log is connected",
} as const satisfies Record<ChangeKind, string>;

export const absentWords = {
  not_applicable: "does not apply to this workflow",
  no_retrieval: "no retrieval here",
  nothing_to_check: "nothing to check",
  content_not_recorded: "content was not recorded",
  truncated: "the text was cut",
  no_logprobs: "no logprobs",
  no_contract: "no contract",
} as const satisfies Record<AbsentReason, string>;

/** Absent for a reason of recording: the run may have misbehaved and nobody can know. The other reasons mean that there is nothing to measure. */
export const unknownReasons: ReadonlySet<AbsentReason> = new Set<AbsentReason>([
  "content_not_recorded",
  "truncated",
  "no_logprobs",
]);

export const methodWords = {
  declared: "set by the application",
  cited_ids: "cited ids found among retrieved ids",
  containment: "phrases of the answer found in what was retrieved",
  retrieval_nonempty: "retrieval returned something (a proxy)",
  tool_substitute: "another tool took over from the one that failed",
  model_substitute: "another model took over",
  default_answer: "a default answer was given",
  escalation: "handed to a person",
  no_fallback_seen: "no fallback seen",
  evaluation: "from an evaluation",
  logprobs: "from the logprobs of the tool choice",
  no_output: "there was no output",
  contract: "checked against the declared contract",
  learned_shape: "checked against the learned shape of clean runs",
} as const satisfies Record<Method, string>;

export const proofWords = {
  call: "by a call",
  handoff: "by a hand-off",
  value: "by a value that both hold",
  order: "by order only",
} as const satisfies Record<LinkProof, string>;

export const reasonWords = {
  grounded: "not grounded",
  fallback: "fallback",
  downstream_ok: "downstream not ok",
  error: "error",
} as const satisfies Record<FailureReason, string>;

/** A deviation's or an origin's name as words: `schema_mismatch` → `schema mismatch`. */
export function plainWords(name: string): string {
  return name.replaceAll("_", " ").replace(":", ": ");
}
