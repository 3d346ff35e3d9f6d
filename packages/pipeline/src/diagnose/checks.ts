import type { ChangeKind } from "../model/change.ts";
import { policy } from "../model/policy.ts";
import { contradicts, matches, notRun, primaryIn, whether } from "./answers.ts";
import type { Answer } from "./answers.ts";
import {
  failing,
  fitOfKind,
  isCommon,
  liftOf,
  ofMembers,
  shareWhere,
  weighedOfKind,
} from "./facts.ts";
import type { Facts } from "./facts.ts";

export function beganAt(facts: Facts, kind: string, words: string): Answer {
  const share = shareWhere(facts, ({ originKind }) => originKind === kind);
  return whether(isCommon(share), `${ofMembers(share)} begin at ${words}`);
}

/** A change of these kinds that fits; else whether such changes could have been seen at all. */
export function changed(
  facts: Facts,
  kinds: readonly ChangeKind[],
  prefixes: readonly string[],
): Answer {
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
export function unchanged(
  facts: Facts,
  kinds: readonly ChangeKind[],
  than: readonly ChangeKind[],
): Answer {
  if (!facts.onset) return notRun("they were not more frequent at any time");
  const [first, second] = [weighedOfKind(facts, kinds), weighedOfKind(facts, than)];
  const [other, own] = [first?.fit, second?.fit];
  if (!first || !other) return matches("none fits the onset");
  if (second && own && second.total > first.total - policy("confoundedOdds")) {
    const how = second.total > first.total ? "better than" : "as well as";
    return matches(`${own.change.title} fits ${how} ${other.change.title}`);
  }
  if (own)
    return notRun(
      `${other.change.title} fits better than ${own.change.title}, and is weighed against it`,
    );
  return contradicts(`${other.change.title}: ${other.why}`);
}

export function confidenceFell(facts: Facts): Answer {
  const { result, text } = facts.confidence;
  if (result === "absent") return notRun(text);
  return whether(result === "fell", text);
}

/** A fall that all runs of the time share is not of these members. */
export function confidenceStable(facts: Facts): Answer {
  const { result, text } = facts.confidence;
  if (result === "absent") return notRun(text);
  const beside = facts.confidenceBeside;
  if (result === "fell" && beside.result === "stable") return matches(beside.text);
  return whether(result === "stable", text);
}

export function failsBy(
  facts: Facts,
  reasons: readonly ("grounded" | "downstream_ok" | "fallback" | "error")[],
): Answer {
  const told = reasons.map((reason) => `${reason} ${ofMembers(failing(facts, reason))}`).join(", ");
  const some = shareWhere(facts, ({ entry }) =>
    reasons.some((reason) => entry.run.failed.includes(reason)),
  );
  return whether(some.count * 2 >= some.of, told);
}

const drifting = [
  "no_retrieval",
  "missing_step",
  "args_mismatch",
  "order_never",
  "loop",
  "truncated",
];
const modelKinds = [
  ...drifting,
  "low_confidence",
  "args_ungrounded",
  "ungrounded",
  "output_mismatch",
  "contract",
  "app_rejected",
  "num_unsupported",
  "hedge",
];
export const ownChanges: readonly ChangeKind[] = [
  "prompt",
  "tool_schema",
  "index",
  "response_schema",
];

/**
 * Whether the model works in another way. Which tools it asks for and with what says so by itself; an output that changed says so only
 * where the model is known to have changed, its confidence fell, or the prompt is known to be the same.
 */
export function fingerprintShift(facts: Facts): Answer {
  const answer = primaryIn(facts, drifting);
  const weaker = primaryIn(facts, modelKinds);
  if (answer.result === "matches" || weaker.result !== "matches") return answer;
  const model = fitOfKind(facts, ["model", "provider"]);
  if (model || facts.confidence.result === "fell") return weaker;
  const prompt = changed(facts, ["prompt"], ["prompt:"]);
  return prompt.result === "contradicts" ? matches(`${weaker.seen}, with the same prompt`) : answer;
}

export function silentModel(facts: Facts): Answer {
  const answer = changed(facts, ["model", "provider"], ["model_answered:", "model_build:"]);
  return answer.result === "contradicts"
    ? notRun(
        "the model's name and build stayed the same; a provider may change what is behind them",
      )
    : answer;
}

export function fallbackFlat(facts: Facts): Answer {
  const share = failing(facts, "fallback");
  return whether(
    share.count / Math.max(1, share.of) < policy("fallbackFlatShare"),
    ofMembers(share),
  );
}

export function oneTask(facts: Facts): Answer {
  const focus = facts.taskType;
  if (!focus) return notRun("no kind of task is common to the members");
  const { members, inside, outside, name } = focus;
  const seen = `${name}: ${ofMembers(members)}; ${inside.count} of ${inside.of} runs of this kind, ${outside.count} of ${outside.of} others`;
  return whether(isCommon(members) && liftOf(focus) >= policy("taskLift"), seen);
}

/** Whether the kind of task hardly occurred in the clean window. */
function isNew({ taskType, cleanRuns }: Facts): boolean {
  return (
    taskType !== null &&
    taskType.cleanRuns / Math.max(1, cleanRuns.length) < policy("usualDeviationShare")
  );
}

/** What stands in one new kind of task alone is the model's limit there: other changes reach every kind. */
export function everyTask(facts: Facts): Answer {
  const { result, seen } = oneTask(facts);
  if (result === "not_run") return notRun(seen);
  return result === "matches" && isNew(facts) ? contradicts(seen) : matches(seen);
}

export function newTask(facts: Facts): Answer {
  const focus = facts.taskType;
  if (!focus) return notRun("no kind of task is common to the members");
  const seen = `${focus.cleanRuns} of ${facts.cleanRuns.length} clean runs are of this kind (${focus.name})`;
  return whether(isNew(facts), seen);
}

/** Whether a change fits as well; where the kind of task is new, its coming explains the onset by itself. */
export function noChange(facts: Facts): Answer {
  const answer = unchanged(facts, [...ownChanges, "model", "provider"], []);
  return answer.result === "contradicts" && isNew(facts) ? notRun(answer.seen) : answer;
}

export function severalAgents(facts: Facts): Answer {
  const share = shareWhere(
    facts,
    ({ view }) => new Set(view.steps.flatMap(({ agent }) => agent ?? [])).size > 1,
  );
  return whether(isCommon(share), ofMembers(share));
}

export function upstreamFlat(facts: Facts): Answer {
  const share = shareWhere(
    facts,
    ({ deviations, primary }) => !primary || !deviations.some(({ seq }) => seq < primary.seq),
  );
  return whether(isCommon(share), ofMembers(share));
}

/** Another shape of results, or calls that went wrong since the tool's definition changed. */
export function toolChanged(facts: Facts): Answer {
  const answer = primaryIn(facts, ["schema_mismatch"]);
  const definition = fitOfKind(facts, ["tool_schema"]);
  const called = primaryIn(facts, ["args_mismatch", "error", "missing_step", "empty_result"]);
  if (!definition) return answer;
  const { field, title } = definition.change;
  // A told change names no tool: only calls that do not fit their definition speak of it.
  const wrong = field === null ? primaryIn(facts, ["args_mismatch"]) : called;
  const same = field === null || field === `tool_schema:${facts.signature.component}`;
  return same && wrong.result === "matches" ? matches(`${wrong.seen}, since ${title}`) : answer;
}

/** A hand-over of another form, without what the user asked for, or that no longer happens. */
export function atBorder(facts: Facts): Answer {
  const answer = primaryIn(facts, ["handoff_schema", "handoff_dropped", "handoff_target"]);
  const skipped = primaryIn(facts, ["missing_step", "order_never"]);
  const handsOver = facts.clean?.profiles.has(`handoff:${facts.signature.component}`) ?? false;
  return handsOver && skipped.result === "matches" ? skipped : answer;
}

/** A retrieval that deviates itself; or citations made up since an index changed, of which each retrieval alone shows nothing. */
export function atRetrieval(facts: Facts): Answer {
  const answer = primaryIn(facts, ["empty_retrieval", "low_score", "strange_documents"]);
  const index = fitOfKind(facts, ["index"]);
  const made = primaryIn(facts, ["ungrounded"]);
  return index && made.result === "matches"
    ? matches(`${made.seen}, since ${index.change.title}`)
    : answer;
}
