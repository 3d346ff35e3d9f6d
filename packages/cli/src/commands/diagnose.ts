import type { Command } from "commander";
import { wilson } from "@rootward/pipeline/diagnose/stats";
import type { Diagnosis, Drift } from "@rootward/pipeline/model/baseline";
import type { Cause } from "@rootward/pipeline/model/attribution";
import type { Cluster } from "@rootward/pipeline/model/cluster";
import { movementLines, watchLines } from "../moved.ts";
import { diagnosePaths, parseBaseline } from "../offline.ts";
import { explainedPart } from "../explained.ts";
import { count, note, OperatorError, printJson, printLine, table } from "../output.ts";
import { propagatedText, rankingText } from "../origin-text.ts";
import {
  causeLine,
  clusterTable,
  falseAlarmsOf,
  missingText,
  partOf,
  plusMinus,
  shortTime,
  wrap,
} from "../report.ts";

interface Options {
  readonly changes?: string;
  readonly baseline?: string;
  readonly config?: string;
  readonly rulings?: string;
  readonly explain?: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("diagnose")
    .description("drifts, clusters and causes from OTLP bodies, without a server")
    .argument("<path...>", "files or folders of OTLP bodies: .pb, .json, each also .gz")
    .option(
      "--changes <file>",
      "a JSON array of changes: deploys, prompts, indexes, tools, provider notices",
    )
    .option(
      "--baseline <start..end>",
      "what counts as normal: two days or times, as in 2026-10-01..2026-10-15",
    )
    .option(
      "--rulings <file>",
      "what people confirmed and rejected, as rootward confirm --list --json prints it",
    )
    .option("--config <file>", "rootward.yaml (default: found from the working folder upward)")
    .option("--explain <cluster>", "every term of the causes of one cluster instead")
    .option("--json", "print workflows, clusters and runs")
    .action(diagnose);
}

async function diagnose(paths: string[], options: Options): Promise<void> {
  const { diagnosis, warnings } = await diagnosePaths(paths, {
    ...(options.changes === undefined ? {} : { changes: options.changes }),
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(options.rulings === undefined ? {} : { rulings: options.rulings }),
    ...(options.baseline === undefined ? {} : { baseline: parseBaseline(options.baseline) }),
  });
  for (const warning of [...warnings, ...diagnosis.warnings]) note(`warning: ${warning}`);
  if (options.explain !== undefined) printLine(explanationOf(diagnosis, options.explain));
  else if (options.json) printJson(jsonOf(diagnosis));
  else printLine(textOf(diagnosis, paths));
}

/** @throws OperatorError  exit code 2: no cluster has this id or begins with it */
function explanationOf({ clusters }: Diagnosis, id: string): string {
  const cluster = clusters.find((one) => one.id.startsWith(id));
  if (id.length > 3 && cluster) {
    return [`${cluster.id} · ${cluster.title}`, "", ...explainedPart(cluster)].join("\n");
  }
  const known = clusters.map((one) => one.id).join(", ") || "none";
  throw new OperatorError(`--explain is "${id}"; the clusters are: ${known}`, 2);
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** The documented JSON of `rootward diagnose`. */
function jsonOf(diagnosis: Diagnosis): unknown {
  const diagnosed = new Map(diagnosis.runs.map((run) => [run.id, run]));
  return {
    workflows: diagnosis.workflows.map((workflow) => ({
      name: workflow.name,
      environment: workflow.environment,
      runs: workflow.runs,
      state: workflow.state,
      missing: workflow.missing,
      falseAlarmsExpected: falseAlarmsOf(workflow.streams),
      streams: workflow.streams,
      movements: workflow.movements,
      versions: workflow.byVersion,
      propagated: { ...workflow.propagated, interval: wilson(workflow.propagated) },
      ranking: workflow.ranking,
      drifts: workflow.drifts.map((drift) => ({
        signal: drift.signal,
        taskType: drift.taskType,
        before: drift.before,
        after: drift.after,
        n: drift.n,
        onset: isoTime(drift.onsetMs),
        onsetPlusMinusHours: drift.onsetPlusMinusMs / 3_600_000,
        seen: isoTime(drift.seenMs),
        falseAlarmRate: drift.falseAlarmRate,
        detector: drift.detector,
        open: drift.open,
        end: drift.endMs === null ? null : isoTime(drift.endMs),
      })),
    })),
    clusters: diagnosis.clusters.map(jsonOfCluster),
    proposals: diagnosis.proposals,
    runs: diagnosis.standings.map(({ id, traceIds, failed, cluster }) => {
      const run = diagnosed.get(id);
      const origin = run?.origin ?? null;
      return {
        id,
        traceIds,
        failed,
        origin: origin && {
          spanId: origin.spanId,
          agent: origin.agent,
          tool: origin.tool,
          step: origin.step,
        },
        ...(run === undefined ? {} : { finding: run.finding }),
        cluster,
      };
    }),
    changes: diagnosis.changes.map(({ atMs, ...change }) => ({ ...change, at: isoTime(atMs) })),
  };
}

function jsonOfCluster(cluster: Cluster): unknown {
  const { id, title, workflow, environment, members, origin, attribution, representative } =
    cluster;
  return {
    id,
    signature: cluster.signature.key,
    title,
    state: cluster.state,
    aliases: cluster.aliases,
    modes: cluster.modes,
    signals: cluster.signalNames,
    common: cluster.common,
    varying: cluster.varying,
    differences: cluster.differences,
    workflow,
    environment,
    members,
    size: members.length,
    origin: origin && { agent: origin.agent, tool: origin.tool, kind: origin.kind },
    onset: attribution.onsetMs === null ? null : isoTime(attribution.onsetMs),
    causes: attribution.causes.map(jsonOfCause),
    notThese: attribution.notThese.map(({ change, why }) => ({
      change: change.title,
      at: isoTime(change.atMs),
      why,
    })),
    representative,
  };
}

function jsonOfCause(given: Cause): unknown {
  const {
    cause,
    verdict,
    probability,
    terms,
    match,
    contradict,
    notRun,
    checks,
    evidence,
    change,
    firstStep,
    material,
  } = given;
  return {
    cause,
    verdict,
    probability,
    terms,
    match,
    contradict,
    notRun,
    checks,
    evidence,
    change: change && {
      id: change.id,
      at: isoTime(change.atMs),
      kind: change.kind,
      title: change.title,
      origin: change.origin,
    },
    firstStep,
    material,
  };
}

function textOf(diagnosis: Diagnosis, paths: readonly string[]): string {
  const [shown, rest] = partOf(diagnosis.clusters);
  const [first] = shown;
  return [
    summaryOf(diagnosis),
    "",
    workflowTable(diagnosis),
    ...originLines(diagnosis),
    ...watchLines(diagnosis),
    ...driftLines(diagnosis),
    ...movementLines(diagnosis),
    ...(shown.length > 0 ? ["", clusterTable(shown)] : []),
    ...(rest === null ? [] : ["", rest]),
    ...driftCauses(diagnosis),
    ...(first ? ["", `Next: rootward show ${first.id} --from ${paths.join(" ")}`] : []),
  ].join("\n");
}

function summaryOf({ workflows, clusters, standings }: Diagnosis): string {
  const failed = standings.filter((run) => run.failed.length > 0).length;
  const drifting = workflows.filter(({ drifts }) => drifts.some(({ open }) => open)).length;
  const caused = clusters.filter(
    ({ attribution }) => attribution.causes[0]?.cause !== "unknown",
  ).length;
  return `${count(standings.length)} runs of ${count(workflows.length)} workflows: ${count(failed)} failed, ${count(drifting)} workflows drift, ${count(caused)} of ${count(clusters.length)} clusters have a cause`;
}

function workflowTable({ workflows }: Diagnosis): string {
  return table(
    [
      { name: "workflow" },
      { name: "environment" },
      { name: "state" },
      { name: "runs", align: "right" },
      { name: "failed", align: "right" },
      { name: "drifts" },
    ],
    workflows.map(({ name, environment, state, missing, runs, failedRuns, drifts }) => [
      name,
      environment,
      state === "active" ? state : `${state}, ${missingText(missing)}`,
      count(runs),
      count(failedRuns),
      [...new Set(drifts.map(({ signal }) => signal))].join(", ") || "none",
    ]),
  );
}

/** Per workflow with failures: how many of them showed elsewhere than where they began, and how steps are ranked. */
function originLines({ workflows }: Diagnosis): readonly string[] {
  const lines = workflows
    .filter(({ propagated, ranking }) => propagated.of > 0 || ranking.confirmed > 0)
    .map(({ name, propagated, ranking }) =>
      wrap("origins      ", `${name}: ${propagatedText(propagated)} · ${rankingText(ranking)}`),
    );
  return lines.length > 0 ? ["", ...lines] : [];
}

/** Shares of good readings, or means where the values fell. */
function fallText({ detector, means, before, after }: Drift): string {
  const [from, to] = detector === "values" && means ? [means.before, means.after] : [before, after];
  return `${from.toFixed(2)} → ${to.toFixed(2)}${detector === "values" ? " on average" : ""}`;
}

function driftLines({ workflows }: Diagnosis): readonly string[] {
  const lines = workflows.flatMap(({ drifts }) =>
    drifts.map((drift) =>
      wrap(
        "drift        ",
        `${drift.workflow} ${drift.signal} ${fallText(drift)} since ${shortTime(drift.onsetMs)} ${plusMinus(drift.onsetPlusMinusMs)} · ${count(drift.beforeRuns)} runs before, seen ${count(drift.seenAfterRuns)} runs after · false alarm ${(drift.falseAlarmRate * 100).toFixed(1)} % a quarter${drift.endMs === null ? "" : ` · until ${shortTime(drift.endMs)}`}`,
      ),
    ),
  );
  return lines.length > 0 ? ["", ...lines] : [];
}

function driftCauses({ workflows }: Diagnosis): readonly string[] {
  return workflows.flatMap(({ name, attributions }) =>
    attributions.flatMap(({ signal, attribution }) => {
      const [first] = attribution.causes;
      return first
        ? [wrap("no cluster   ", `drift of ${signal} in ${name}: ${causeLine(first)}`)]
        : [];
    }),
  );
}
