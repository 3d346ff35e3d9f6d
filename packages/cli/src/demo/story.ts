import { policy } from "@rootward/pipeline/model/policy";
import { count, OperatorError, plain } from "../output.ts";
import type { Change, Cluster, Drift, Overview, RunShown } from "./answers.ts";

/** A step of the story that did not come out: which one, and why. */
export class StoryError extends OperatorError {
  constructor(step: string, why: string) {
    super(`step ${step} of the story failed: ${why}`);
    this.name = "StoryError";
  }
}

/** What the story tells of: the largest cluster that is put down to retrieval, and the drift that shows it. */
export interface Plot {
  readonly drift: Drift;
  readonly cluster: Cluster;
  readonly others: readonly Cluster[];
}

const causeTold = "retrieval_drift";
const width = 100;
const indent = " ".repeat(13);
const hourMs = 3_600_000;

/** Clusters worth showing: large enough, and not the rest that nothing explains. */
function shownClusters(overview: Overview): readonly Cluster[] {
  return overview.clusters.filter(
    (cluster) =>
      cluster.size >= policy("clusterShownFrom") && cluster.signature.primary !== "unexplained",
  );
}

/**
 * Finds what the story is about in what the server found, without knowing any name of the traffic.
 *
 * @throws StoryError  if no cluster has that cause, or no drift shows it
 */
export function plotOf(overview: Overview): Plot {
  const shown = shownClusters(overview);
  const cluster = shown
    .filter((each) => each.attribution.causes[0]?.cause === causeTold)
    .toSorted((left, right) => right.size - left.size)[0];
  if (!cluster) {
    const found = shown.map((each) => `${each.id} ${each.attribution.causes[0]?.cause}`).join(", ");
    throw new StoryError("4 cause", `no cluster is put down to ${causeTold} (${found || "none"})`);
  }
  const drift = overview.workflows
    .filter((each) => each.name === cluster.workflow && each.environment === cluster.environment)
    .flatMap((each) => each.drifts)
    .find((each) => each.signal === "grounded");
  if (!drift) throw new StoryError("1 drift", `${cluster.workflow} shows no drift of grounded`);
  return { drift, cluster, others: shown.filter((each) => each.id !== cluster.id) };
}

export function driftLines(drift: Drift): string[] {
  const since = `since ${time(drift.onsetMs)} ±${hours(drift.onsetPlusMinusMs)}`;
  const moved = `${drift.before.toFixed(2)} → ${drift.after.toFixed(2)}`;
  return step("1 drift", [
    `${drift.workflow}  ${drift.signal}  ${moved}   ${since}`,
    `${count(drift.beforeRuns)} runs before, seen ${count(drift.seenAfterRuns)} runs after, ${count(drift.n)} since · false alarm ${percent(drift.falseAlarmRate)} a quarter`,
  ]);
}

export function clusterLines({ cluster, others }: Plot): string[] {
  const { onsetMs } = cluster.attribution;
  const began = onsetMs === null ? "" : ` · since ${time(onsetMs)}`;
  return step("2 cluster", [
    `${cluster.id}  ${fingerprint(cluster)}  ${cluster.title}`,
    `${count(cluster.size)} runs${began} · ${others.length} other clusters`,
  ]);
}

/**
 * What the typical run was asked and answered, and the way back from there to its first broken step.
 *
 * @throws StoryError  if the cluster has no trail
 */
export function trailLines({ cluster }: Plot, run: RunShown): string[] {
  if (!cluster.trail) throw new StoryError("3 trail", `${cluster.id} has no trail`);
  const hops = cluster.trail.hops.map((hop) => {
    const documents = run.steps.find((each) => each.spanId === hop.spanId)?.documents ?? null;
    const returned = documents === null ? "" : ` returned ${documents.count} documents`;
    const carried = hop.text === null ? "" : ` (${plain(hop.text)})`;
    return `◂ ${hop.name}${returned}${carried}`;
  });
  const cites = run.ungrounded.length === 0 ? "" : `: cites ${run.ungrounded.join(", ")}`;
  return step("3 trail", [
    `“${plain(run.inputText ?? "")}” “${plain(run.outputText ?? "").slice(0, 160)}”`,
    [`${cluster.trail.failingName}${cites}`, ...hops, "← first broken step"].join(" "),
  ]);
}

/** @throws StoryError  if the cause is not attributed, or no change explains it */
export function causeLines({ cluster }: Plot): string[] {
  const cause = cluster.attribution.causes[0];
  if (!cause || cause.verdict !== "attributed") {
    throw new StoryError("4 cause", `${cluster.id}: ${cause?.cause} is only ${cause?.verdict}`);
  }
  if (!cause.change) throw new StoryError("4 cause", `${cluster.id}: no change goes with it`);
  const checks = `${cause.match} checks match · ${cause.contradict} contradict · ${cause.notRun} not run`;
  return step("4 cause", [
    `${cause.cause.replaceAll("_", " ")}   ${cause.verdict}   ${checks}`,
    `change: ${changeText(cause.change)}`,
    ...cluster.attribution.notThese.map(
      ({ change, why }) => `not the ${changeText(change)}: ${why}`,
    ),
  ]);
}

function changeText(change: Change): string {
  const versions =
    change.before !== null &&
    change.after !== null &&
    change.before.length + change.after.length < 60
      ? `${change.kind} ${change.before} → ${change.after}`
      : change.title;
  const source = change.origin === "spans" ? "derived from spans" : "told";
  return `${versions}, ${time(change.atMs)} (${source})`;
}

/** A numbered step: its name, then its lines in one column, wrapped. */
export function step(name: string, lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => wrapped(line))
    .map((line, index) => (index === 0 ? name.padEnd(indent.length) : indent) + line);
}

function wrapped(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width - indent.length) {
    const at = rest.lastIndexOf(" ", width - indent.length);
    if (at <= 0) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}

/** Four letters for the readings that failed in most members: grounded, fallback, confidence, downstream. */
function fingerprint(cluster: Cluster): string {
  const letters = { grounded: "G", fallback: "F", confidence: "C", downstream_ok: "D" };
  return Object.entries(letters)
    .map(([signal, letter]) => ((cluster.failing[signal] ?? 0) >= 0.5 ? letter : "·"))
    .join("");
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `14 Nov 05:58`, in UTC. */
function time(ms: number): string {
  const at = new Date(ms);
  const clock = at.toISOString().slice(11, 16);
  return `${at.getUTCDate()} ${months[at.getUTCMonth()] ?? ""} ${clock}`;
}

function hours(ms: number): string {
  return ms < hourMs ? `${Math.ceil(ms / 60_000)} min` : `${Math.round(ms / hourMs)} h`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
