import type { CheckUse } from "../model/causes.ts";
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
  newTask,
  noChange,
  oneTask,
  severalAgents,
  silentModel,
  toolChanged,
  unchanged,
  upstreamFlat,
} from "./checks.ts";
import type { Answer } from "./answers.ts";
import { componentIs, deviatesBy, elsewhere, errorIs, membersSay } from "./checks-signature.ts";
import type { Facts } from "./facts.ts";

/** Fields of `RunDigest.versions` in which a change of each kind would show; where none is seen, a check of it cannot be run. */
const shownBy: Readonly<Record<ChangeKind, readonly string[]>> = {
  deploy: ["deploy", "commit"],
  prompt: ["prompt:"],
  model: ["model_answered:", "model_build:"],
  index: ["index:"],
  tool_schema: [],
  response_schema: ["response_schema:"],
  config: ["config:"],
  provider: [],
};

const stepWords = {
  llm: "a model call",
  tool: "a call of a tool",
  retrieval: "a retrieval",
  other: "a step of the application",
} as const;

/** What one use of a check answers for a cluster. Each word of the vocabulary is described in docs/causes.md. */
export function lookOf(use: CheckUse, facts: Facts): Answer {
  switch (use.check) {
    case "began_at":
      return beganAt(facts, use.step, stepWords[use.step]);
    case "deviates_by":
      return deviatesBy(facts, use.kinds);
    case "fails_by":
      return failsBy(facts, use.signals);
    case "change_fits":
      return changed(
        facts,
        use.kinds,
        use.kinds.flatMap((kind) => shownBy[kind]),
      );
    case "no_better_change":
      return unchanged(facts, use.kinds, use.than);
    case "confidence":
      return use.is === "fell" ? confidenceFell(facts) : confidenceStable(facts);
    case "component_is":
      return componentIs(facts, use.names);
    case "error_is":
      return errorIs(facts, use.classes);
    case "members_say":
      return membersSay(facts, use.feature);
    case "model_behavior":
      return fingerprintShift(facts);
    case "model_changed":
      return silentModel(facts);
    case "no_fallback":
      return fallbackFlat(facts);
    case "one_task":
      return oneTask(facts);
    case "every_task":
      return everyTask(facts);
    case "new_task":
      return newTask(facts);
    case "nothing_changed":
      return noChange(facts);
    case "elsewhere":
      return elsewhere(facts);
    case "retrieval_worse":
      return atRetrieval(facts);
    case "tool_changed":
      return toolChanged(facts);
    case "at_border":
      return atBorder(facts);
    case "several_agents":
      return severalAgents(facts);
    case "upstream_flat":
      return upstreamFlat(facts);
  }
}
