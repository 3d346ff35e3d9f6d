import type { Command } from "commander";
import { z } from "zod";
import { RunId } from "@rootward/pipeline/model/ids";
import { requestJson, serverUrl } from "../api.ts";
import { diagnosePaths } from "../offline.ts";
import { explainedPart } from "../explained.ts";
import { OperatorError, printJson, printLine } from "../output.ts";
import { clusterPage } from "../report.ts";
import { runPage } from "../run-page.ts";
import { ShownRun } from "../shown-run.ts";
import { ShownCluster } from "../shown.ts";

const RunAnswer = z.object({
  digest: z.unknown(),
  standing: z.unknown(),
  diagnosed: z.unknown(),
});

interface Options {
  readonly json?: boolean;
  readonly members?: boolean;
  readonly explain?: boolean;
  readonly url?: string;
  readonly from?: string[];
  readonly changes?: string;
}

export function register(program: Command): void {
  program
    .command("show")
    .description(
      "one cluster: what broke first, why, since when, and what to do first; or one run: its steps, its origin, how sure that is",
    )
    .argument("<id>", "a cluster's id, as in CL-9f3a1c2e, or the beginning of it; or a run's id")
    .option("--explain", "every term of each cause's log-odds, with the numbers behind it")
    .option("--members", "list every run of it")
    .option("--from <path...>", "OTLP bodies, files or folders, instead of the server")
    .option("--changes <file>", "with --from: a JSON array of changes")
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .option("--json", "print the cluster or the run")
    .action(show);
}

async function show(id: string, options: Options): Promise<void> {
  if (RunId.safeParse(id).success) return await showRun(id, options);
  if (!/^CL-[0-9a-f]{1,8}$/.test(id)) {
    throw new OperatorError(
      `the id is "${id}"; expected a cluster's (CL- and up to 8 hex characters, as in: rootward clusters) or a run's (32 hex characters, for some followed by - and 16 more)`,
      2,
    );
  }
  const found = options.from
    ? await fromPaths(id, options.from, options)
    : await fromServer(id, options);
  if (options.json) {
    printJson(found);
    return;
  }
  const cluster = ShownCluster.safeParse(found);
  if (!cluster.success) {
    throw new OperatorError(
      "the server's cluster is not as this version knows it: is it of another version?",
    );
  }
  printLine(clusterPage(cluster.data, { members: options.members === true }));
  if (options.explain) printLine(["", ...explainedPart(cluster.data)].join("\n"));
}

async function showRun(id: string, options: Options): Promise<void> {
  const found = options.from
    ? await runFromPaths(id, options.from, options)
    : await runFromServer(id, options);
  if (options.json) {
    printJson(found);
    return;
  }
  const run = ShownRun.safeParse(found);
  if (!run.success) {
    throw new OperatorError(
      "the server's run is not as this version knows it: is it of another version?",
    );
  }
  printLine(runPage(run.data));
}

async function runFromServer(id: string, { url, changes }: Options): Promise<unknown> {
  refuseChanges(changes);
  const { digest, standing, diagnosed } = RunAnswer.parse(
    await requestJson(serverUrl(url), `/api/runs/${id}`),
  );
  return { digest, standing, diagnosed };
}

async function runFromPaths(
  id: string,
  paths: readonly string[],
  { changes }: Options,
): Promise<unknown> {
  const { diagnosis, runs } = await diagnosePaths(paths, changes === undefined ? {} : { changes });
  const digest = runs.find((run) => run.id === id);
  if (!digest) throw new OperatorError(`no run ${id} in ${paths.join(", ")}`);
  return {
    digest,
    standing: diagnosis.standings.find((run) => run.id === id) ?? null,
    diagnosed: diagnosis.runs.find((run) => run.id === id) ?? null,
  };
}

function refuseChanges(changes: string | undefined): void {
  if (changes === undefined) return;
  throw new OperatorError(
    "--changes goes with --from; the server is told by: rootward changes add",
    2,
  );
}

async function fromServer(id: string, { url, changes }: Options): Promise<unknown> {
  refuseChanges(changes);
  return requestJson(serverUrl(url), `/api/clusters/${id}`);
}

async function fromPaths(
  id: string,
  paths: readonly string[],
  { changes }: Options,
): Promise<unknown> {
  const { diagnosis } = await diagnosePaths(paths, changes === undefined ? {} : { changes });
  const found = diagnosis.clusters.filter((cluster) => cluster.id.startsWith(id));
  const [first] = found;
  if (first && found.length === 1) return first;
  const known = diagnosis.clusters.map((cluster) => cluster.id);
  throw new OperatorError(
    first
      ? `"${id}" begins ${found.length} clusters: ${found.map((cluster) => cluster.id).join(", ")}`
      : `no cluster "${id}" in ${paths.join(", ")}; there are: ${known.join(", ") || "none"}`,
  );
}
