import type { Cause } from "@rootward/pipeline/model/attribution";
import type { Drift, WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import type { Change } from "@rootward/pipeline/model/change";
import { policy } from "@rootward/pipeline/model/policy";
import type { FailureReason, Signals } from "@rootward/pipeline/model/signal";
import type { RunAnswer, ShownCluster } from "./api.ts";
import { counted, lasting, momentOf, rate } from "./format.ts";
import { moveWord, shownMove } from "./series.ts";
import { wordsOfCause, laneWords, plainWords, proofWords, reasonWords } from "./words.ts";
import type { Say } from "./parts/bits.tsx";
import { trailOf } from "./trail.ts";

/** Whether a cluster is a finding: not the pot of unexplained runs, and large enough that likeness says something. */
export function isFinding(cluster: ShownCluster): boolean {
  return cluster.signature.primary !== "unexplained" && cluster.size >= policy("clusterShownFrom");
}

/** Whether a person must still act: no case guards it, nobody called it mended or wrote why no case is due. */
export function isOpen(cluster: ShownCluster): boolean {
  const done: readonly ShownCluster["state"][] = ["guarded", "resolved", "closed_without_eval"];
  return !done.includes(cluster.state);
}

/** The first cause where it is one; null where the table names none. */
export function namedCause(cluster: ShownCluster): Cause | null {
  const first = cluster.attribution.causes[0];
  return first === undefined || first.cause === "unknown" ? null : first;
}

function joined(parts: readonly string[]): string {
  return parts.length < 2
    ? parts.join("")
    : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}

/** `5 checks match, none contradict, 1 has not been run` */
function checksSentence(cause: Cause): string {
  const matches = `${cause.match} of ${cause.checks.length} checks match`;
  const against = cause.contradict === 0 ? "none contradict" : `${cause.contradict} contradict`;
  const open = cause.notRun === 1 ? "1 has not been run" : `${cause.notRun} have not been run`;
  return cause.notRun === 0 ? `${matches}, ${against}` : `${matches}, ${against}, ${open}`;
}

/** `5 match, 0 contradict, 1 not run` */
export function checkCounts(cause: Cause): string {
  return `${cause.match} match, ${cause.contradict} contradict, ${cause.notRun} not run`;
}

/** `index policies-v41 → policies-v42`, or the title that a person gave the change. */
export function changeText(change: Change): string {
  if (change.origin === "told") return change.title;
  const short = (text: string) => (text.length > 28 ? `${text.slice(0, 12)}…` : text);
  if (change.before !== null && change.after !== null)
    return `${laneWords[change.kind]} ${short(change.before)} → ${short(change.after)}`;
  return change.title;
}

function driftText(drift: Drift): string {
  const { before, after } = shownMove(drift);
  const around = drift.onsetPlusMinusMs > 0 ? ` ± ${lasting(drift.onsetPlusMinusMs)}` : "";
  return `${drift.signal} ${moveWord(drift)} from ${rate(before)} to ${rate(after)} since ${momentOf(drift.onsetMs)}${around}`;
}

function afterDrift(name: WorkflowDiagnosis, clusters: readonly ShownCluster[]): string {
  const own = clusters
    .filter(
      (one) => one.workflow === name.name && one.environment === name.environment && isFinding(one),
    )
    .toSorted((a, b) => b.size - a.size);
  const explained = own.find((one) => namedCause(one) !== null);
  if (explained === undefined) return "; no cause is named yet";
  const cause = namedCause(explained);
  const guard = explained.state === "guarded" ? "a case guards it" : "no case guards it";
  return cause === null ? "" : `; most likely ${wordsOfCause(cause.cause)}, ${guard}`;
}

/** The overview in one sentence or a few: what drifts, what learns, what is steady. */
export function overviewSentence(
  workflows: readonly WorkflowDiagnosis[],
  clusters: readonly ShownCluster[],
): Say {
  const isDrifting = (one: WorkflowDiagnosis) => one.drifts.some((drift) => drift.open);
  const drifting = workflows.filter(isDrifting);
  const young = workflows.filter((one) => !isDrifting(one) && one.state !== "active");
  const steady = workflows.filter((one) => !isDrifting(one) && one.state === "active");
  const say: Say[number][] = drifting.flatMap((one) => [
    { strong: one.name },
    `: ${joined(one.drifts.filter((drift) => drift.open).map(driftText))}${afterDrift(one, clusters)}. `,
  ]);
  if (steady.length > 0) {
    const open = clusters.filter((one) => isFinding(one) && isOpen(one)).length;
    say.push({ strong: joined(steady.map((one) => one.name)) });
    say.push(steady.length === 1 ? " is steady. " : " are steady. ");
    if (drifting.length === 0 && open > 0)
      say.push(
        `${counted(open, "cluster")} of failing runs ${open === 1 ? "waits" : "wait"} for someone. `,
      );
  }
  if (young.length > 0) {
    say.push({ strong: joined(young.map((one) => one.name)) });
    say.push(young.length === 1 ? " is still learning." : " are still learning.");
  }
  return say;
}

function changeSentence(change: Change, onsetMs: number | null): string {
  if (onsetMs === null) return `: ${changeText(change)} took effect on ${momentOf(change.atMs)}`;
  const gap = onsetMs - change.atMs;
  const when =
    Math.abs(gap) < 60_000
      ? "just as the failures began"
      : `${lasting(Math.abs(gap))} ${gap > 0 ? "before" : "after"} the failures began`;
  return `: ${changeText(change)} took effect ${when}`;
}

/** A cluster in one sentence: the likeliest cause, its change, its checks; or that none is named, and why. */
export function clusterSentence(cluster: ShownCluster): Say {
  const first = cluster.attribution.causes[0];
  if (first === undefined || first.cause === "unknown") {
    const best = cluster.attribution.causes.find((one) => one.cause !== "unknown");
    return [
      "No cause is named: ",
      best === undefined
        ? "nothing observed speaks for one of the known causes."
        : `the nearest, ${wordsOfCause(best.cause)}, has ${checkCounts(best)}.`,
    ];
  }
  const lead =
    first.verdict === "attributed"
      ? "Caused by "
      : first.verdict === "likely"
        ? "Most likely "
        : "Perhaps ";
  const change =
    first.change === null ? "" : changeSentence(first.change, cluster.attribution.onsetMs);
  return [lead, { strong: wordsOfCause(first.cause) }, `${change}; ${checksSentence(first)}.`];
}

/** Why a run counts as failed: what diagnosis read again wins over what the run alone shows. */
function failedOf(answer: RunAnswer): readonly FailureReason[] {
  return answer.standing?.failed ?? answer.digest.failed;
}

/** The run's readings, with `downstream_ok` as diagnosis read it again where only clean runs show what is usual. */
export function signalsOf(answer: RunAnswer): Signals {
  const again = answer.standing?.downstreamOk ?? null;
  return again === null
    ? answer.digest.signals
    : { ...answer.digest.signals, downstream_ok: again };
}

/** Drifting workflows first: those that no case guards before the others, then the latest onset; the rest by failing runs. */
export function inUrgency(
  workflows: readonly WorkflowDiagnosis[],
  clusters: readonly ShownCluster[],
): readonly WorkflowDiagnosis[] {
  const onset = (one: WorkflowDiagnosis) =>
    Math.max(0, ...one.drifts.filter((drift) => drift.open).map((drift) => drift.onsetMs));
  const isGuarded = (one: WorkflowDiagnosis) => {
    const own = clusters.filter(
      (cluster) => cluster.workflow === one.name && cluster.environment === one.environment,
    );
    return !own.some((cluster) => isFinding(cluster) && isOpen(cluster));
  };
  return workflows.toSorted(
    (a, b) =>
      Number(onset(b) > 0) - Number(onset(a) > 0) ||
      Number(isGuarded(a)) - Number(isGuarded(b)) ||
      onset(b) - onset(a) ||
      b.failedRuns - a.failedRuns,
  );
}

/** Why no first broken step is named. */
function unnamed(diagnosed: RunAnswer["diagnosed"]): string {
  const suspects = diagnosed?.finding.suspects.length ?? 0;
  return suspects > 1
    ? `${counted(suspects, "step")} are suspected nearly alike, so none is named.`
    : "Nothing in it speaks for one step more than for another, so none is named.";
}

/** A run in one sentence: where it failed, how far the trail leads, and what proves it. */
export function runSentence(answer: RunAnswer): Say {
  const { digest, diagnosed } = answer;
  const failed = failedOf(answer);
  if (failed.length === 0 && diagnosed === null)
    return ["Nothing failed in this run", digest.complete ? "." : "; its end was not received."];
  const why = joined(failed.map((reason) => reasonWords[reason]));
  const lead =
    why === "" ? "This run counts as affected by an open drift" : `This run failed (${why})`;
  const trail = trailOf(diagnosed);
  const last = trail.at(-1);
  const first = trail[0];
  const origin = diagnosed?.origin ?? null;
  if (origin === null || last === undefined || first === undefined)
    return [`${lead}. ${unnamed(diagnosed)}`];
  const kind = plainWords(origin.kind);
  if (trail.length === 1)
    return [`${lead}, at `, { strong: first.name }, `, where it also began: ${kind}.`];
  if (last.proof === null)
    return [
      `${lead}, seen at `,
      { strong: first.name },
      `. The earliest step that deviates is `,
      { strong: last.name },
      `: ${kind}; nothing links the two.`,
    ];
  const proven = diagnosed?.trail?.proven === true;
  const hops = counted(trail.length - 1, "hop");
  return [
    `${lead}, seen at `,
    { strong: first.name },
    `. The trail leads back ${hops} to `,
    { strong: last.name },
    proven
      ? `, the first broken step: ${kind}.`
      : `, the earliest step that deviates: ${kind}. Some hop is known ${proofWords.order}.`,
  ];
}
