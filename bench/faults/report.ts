import { line, tellNumber, tellPartition, tellRate } from "../shared/say.ts";
import type { OriginScore } from "./origins.ts";
import type { Scores } from "./score.ts";

function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? null;
}

function originLine(name: string, score: OriginScore): string {
  return line(
    name,
    `span ${tellRate(score.span)}`,
    `tool ${tellRate(score.tool)}`,
    `agent ${tellRate(score.agent)}`,
  );
}

function detectionLines({ detection, injectedFound, everythingFailed }: Scores): readonly string[] {
  return [
    "Failed runs",
    ...Object.entries(detection).map(([name, { precision, recall, falseAlarms }]) =>
      line(
        name,
        `precision ${tellRate(precision)}`,
        `recall ${tellRate(recall)}`,
        `false ${tellRate(falseAlarms)}`,
      ),
    ),
    line("with an injected fault", `recall ${tellRate(injectedFound)}`),
    line("baseline: everything failed", `precision ${tellRate(everythingFailed)}`),
  ];
}

function originLines({ origins }: Scores): readonly string[] {
  const { product, baselines, byFault } = origins;
  return [
    "Origin of failed runs with a fault",
    originLine("product", product),
    line("commits", tellRate(product.committed)),
    line("when it commits", `span ${tellRate(product.spanWhenCommitted)}`),
    ...Object.entries(baselines).map(([name, score]) => originLine(`baseline: ${name}`, score)),
    ...Object.entries(byFault).map(([type, found]) => line(`  ${type}`, tellRate(found))),
  ];
}

function causeLines({ causes }: Scores): readonly string[] {
  const most = causes.alwaysMostFrequent;
  return [
    "First cause",
    line("by run", tellRate(causes.run), `missing ${causes.missing}`),
    line(
      "by run, when it commits",
      tellRate(causes.runWhenCommitted),
      `commits ${tellRate(causes.commits)}`,
    ),
    line("by run, of the six causes", tellRate(causes.runOfKnown)),
    line("by cluster of 3 or more", tellRate(causes.cluster)),
    line("by cluster, when it commits", tellRate(causes.clusterWhenCommitted)),
    line("by cluster, when attributed", tellRate(causes.clusterWhenAttributed)),
    ...(most ? [line(`baseline: always ${most.cause}`, tellRate(most.rate))] : []),
    line("baseline: always unknown", tellRate(causes.alwaysUnknown)),
    ...Object.entries(causes.byCause).map(([cause, found]) => line(`  ${cause}`, tellRate(found))),
  ];
}

function clusterLines({ clusters }: Scores): readonly string[] {
  const within = ({ ari, ami, n, parts }: Scores["clusters"]["within"]): string =>
    `ARI ${tellNumber(ari)} AMI ${tellNumber(ami)} n=${n} in ${parts} workflows with two faults or more`;
  return [
    "Clusters against faults",
    line("fault at workflow", tellPartition(clusters.faults)),
    line("fault type", tellPartition(clusters.faultTypes)),
    line("inside workflows", within(clusters.within)),
    ...Object.entries(clusters.withinBaselines).map(([name, score]) =>
      line(`baseline inside: ${name}`, within(score)),
    ),
    ...Object.entries(clusters.baselines).map(([name, score]) =>
      line(`baseline: ${name}`, tellPartition(score)),
    ),
    line("failed runs in no cluster", String(clusters.unclustered)),
  ];
}

function driftLines({ drifts }: Scores): readonly string[] {
  const { onsetErrorHours: hours } = drifts;
  return [
    "Drifts",
    line("found", tellRate(drifts.found)),
    line("first on its signal", tellRate(drifts.firstOnSignal)),
    line("of faults that fail 10 % or more", tellRate(drifts.tenPercent)),
    line("falls of confidence", tellRate(drifts.confidence)),
    line(
      "onset error, hours",
      `median ${tellNumber(quantile(hours, 0.5))} p90 ${tellNumber(quantile(hours, 0.9))} n=${hours.length}`,
    ),
    line("workflows without fault that drift", tellRate(drifts.cleanWorkflowsWithDrift)),
    line(
      "claims",
      `${drifts.claims}, false ${drifts.falseClaims}, repeated ${drifts.repeatedClaims}`,
    ),
  ];
}

/** All scores of one folder, for a terminal. */
export function tellScores(scores: Scores): string {
  return [
    line("runs found", tellRate(scores.runsFound)),
    ...detectionLines(scores),
    ...originLines(scores),
    ...causeLines(scores),
    ...clusterLines(scores),
    ...driftLines(scores),
  ].join("\n");
}
