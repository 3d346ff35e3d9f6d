import { z } from "zod";
import type { Subject } from "@rootward/pipeline/evals/subject";
import type { Cluster } from "@rootward/pipeline/model/cluster";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { decodeRun } from "@rootward/pipeline/model/run-json";
import type { WorkflowSettings } from "@rootward/pipeline/model/workflow";
import { requestJson, requestLines } from "./api.ts";

/** A cluster with the runs behind it, read again from their spans. */
export interface CaseMaterial {
  readonly cluster: Cluster;
  readonly settings: WorkflowSettings;
  readonly members: readonly Subject[];
  readonly clean: readonly Subject[];
}

/** Runs that a back-test looks at, of each kind. */
export const backTestRuns = { members: 1000, clean: 200 } as const;

const Line = z.looseObject({ run: z.unknown(), digest: z.unknown() });

function isCluster(value: unknown): value is Cluster {
  return (
    typeof value === "object" && value !== null && "signature" in value && "attribution" in value
  );
}

function isSettings(value: unknown): value is WorkflowSettings {
  return typeof value === "object" && value !== null && "retrievers" in value && "signals" in value;
}

function isDigest(value: unknown): value is RunDigest {
  return typeof value === "object" && value !== null && "steps" in value && "signals" in value;
}

function checked<T>(value: unknown, is: (value: unknown) => value is T, what: string): T {
  if (is(value)) return value;
  throw new Error(`the server's answer is not ${what}: is it of another version?`);
}

async function subjects(url: string, id: string, role: "members" | "clean"): Promise<Subject[]> {
  const found: Subject[] = [];
  const path = `/api/clusters/${encodeURIComponent(id)}/runs?role=${role}&limit=${backTestRuns[role]}`;
  for await (const line of requestLines(url, path)) {
    const entry = Line.parse(line);
    const run = decodeRun(JSON.stringify(entry.run));
    const digest = checked(entry.digest, isDigest, "the digest of a run");
    const durationMs = digest.endedMs - digest.startedMs;
    found.push({ run, digest, signals: digest.signals, answer: null, durationMs });
  }
  return found;
}

/** Everything about a cluster that its case needs, from the server. */
export async function materialFromServer(url: string, id: string): Promise<CaseMaterial> {
  const cluster = checked(
    await requestJson(url, `/api/clusters/${encodeURIComponent(id)}`),
    isCluster,
    "a cluster",
  );
  const key = `${encodeURIComponent(cluster.workflow)}/${encodeURIComponent(cluster.environment)}`;
  const settings = checked(
    await requestJson(url, `/api/workflows/${key}/settings`),
    isSettings,
    "the settings of a workflow",
  );
  return {
    cluster,
    settings,
    members: await subjects(url, cluster.id, "members"),
    clean: await subjects(url, cluster.id, "clean"),
  };
}
