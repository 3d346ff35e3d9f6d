import { cleanRuns } from "@rootward/pipeline/evals/clean-runs";
import { beganMs } from "@rootward/pipeline/model/cluster";
import { diagnosePaths } from "./offline.ts";
import type { OfflineOptions } from "./offline.ts";
import { backTestRuns } from "./case-source.ts";
import type { CaseMaterial } from "./case-source.ts";
import { OperatorError } from "./output.ts";
import { readRuns } from "./read-paths.ts";

/**
 * Everything about a cluster that its case needs, from OTLP files alone: diagnosed, then the runs behind it read again.
 *
 * @throws OperatorError  no cluster of that id is in these files; the message lists those that are
 */
export async function materialFromPaths(
  id: string,
  paths: readonly string[],
  options: OfflineOptions,
): Promise<CaseMaterial> {
  const { diagnosis } = await diagnosePaths(paths, options);
  const cluster = diagnosis.clusters.find((one) => one.id === id);
  if (!cluster) {
    const there = diagnosis.clusters.map((one) => one.id).join(", ") || "none";
    throw new OperatorError(`no cluster ${id} in ${paths.join(" ")}; there: ${there}`);
  }
  const members = new Set(cluster.members.slice(-backTestRuns.members));
  const diagnosed = new Set(diagnosis.runs.map((run) => run.id));
  const found: {
    members: CaseMaterial["members"][number][];
    clean: CaseMaterial["clean"][number][];
  } = { members: [], clean: [] };
  const unfailed = new Set(
    diagnosis.standings
      .filter((one) => one.failed.length === 0 && !diagnosed.has(one.id))
      .map((one) => one.id),
  );
  const { settingsOf } = await readRuns(paths, options.config, ({ run, digest, signals }) => {
    if (run.workflow !== cluster.workflow || run.environment !== cluster.environment) return;
    const subject = {
      run,
      digest,
      signals,
      answer: null,
      durationMs: digest.endedMs - digest.startedMs,
    };
    if (members.has(run.id)) found.members.push(subject);
    else if (unfailed.has(run.id)) found.clean.push(subject);
  });
  return {
    cluster,
    settings: settingsOf(cluster.workflow, cluster.environment),
    members: found.members,
    clean: cleanRuns(
      found.clean,
      { startedMs: ({ digest }) => digest.startedMs, beganMs: beganMs(cluster) },
      backTestRuns.clean,
    ),
  };
}
