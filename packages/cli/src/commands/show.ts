import type { Command } from "commander";
import { requestJson, serverUrl } from "../api.ts";
import { diagnosePaths } from "../offline.ts";
import { explainedPart } from "../explained.ts";
import { OperatorError, printJson, printLine } from "../output.ts";
import { clusterPage } from "../report.ts";
import { ShownCluster } from "../shown.ts";

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
    .description("one cluster: what broke first, why, since when, and what to do first")
    .argument("<cluster>", "its id, as in CL-9f3a1c2e, or the beginning of it")
    .option("--explain", "every term of each cause's log-odds, with the numbers behind it")
    .option("--members", "list every run of it")
    .option("--from <path...>", "OTLP bodies, files or folders, instead of the server")
    .option("--changes <file>", "with --from: a JSON array of changes")
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .option("--json", "print the cluster")
    .action(show);
}

async function show(id: string, options: Options): Promise<void> {
  if (!/^CL-[0-9a-f]{1,8}$/.test(id)) {
    throw new OperatorError(
      `the cluster is "${id}"; expected CL- and up to 8 hex characters, as in: rootward clusters`,
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

async function fromServer(id: string, { url, changes }: Options): Promise<unknown> {
  if (changes !== undefined) {
    throw new OperatorError(
      "--changes goes with --from; the server is told by: rootward changes add",
      2,
    );
  }
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
