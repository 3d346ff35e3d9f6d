import type { Command } from "commander";
import { z } from "zod";
import { requestJson, serverUrl } from "../api.ts";
import { diagnosePaths } from "../offline.ts";
import { OperatorError, printJson, printLine } from "../output.ts";
import { clusterTable, partOf } from "../report.ts";
import { ShownCluster } from "../shown.ts";
import { registerCheck } from "./cluster-check.ts";
import { proposalsOf, registerDecisions, tellProposals } from "./cluster-decisions.ts";

interface Options {
  readonly json?: boolean;
  readonly url?: string;
  readonly from?: string[];
  readonly changes?: string;
  readonly proposals?: boolean;
}

function changesOf({ changes }: Options): { readonly changes?: string } {
  return changes === undefined ? {} : { changes };
}

export function register(program: Command): void {
  const clusters = program
    .command("clusters")
    .description("failed runs that broke in the same way, largest first")
    .option("--from <path...>", "OTLP bodies, files or folders, instead of the server")
    .option("--changes <file>", "with --from: a JSON array of changes")
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .option("--proposals", "what could be merged, split or called mended, and why")
    .option("--json", "print the clusters as an array")
    .action(list);
  registerCheck(clusters);
  registerDecisions(clusters);
}

const Status = z.object({ openTraces: z.number() });

async function list(options: Options): Promise<void> {
  if (options.proposals) {
    const proposals = options.from
      ? (await diagnosePaths(options.from, changesOf(options))).diagnosis.proposals
      : await proposalsOf(serverUrl(options.url));
    if (options.json) printJson(proposals);
    else printLine(tellProposals(proposals));
    return;
  }
  const found = await clustersOf(options);
  if (options.json) {
    printJson(found);
    return;
  }
  const [shown, rest] = partOf(parseClusters(found));
  printLine(shown.length > 0 ? clusterTable(shown) : await nothingYet(options));
  if (rest !== null) printLine(`\n${rest}`);
  const [first] = shown;
  if (first) printLine(`\nNext: rootward show ${first.id}`);
}

/** No cluster may mean that the diagnosis is still to come: the server says what is open. */
async function nothingYet({ from, url }: Options): Promise<string> {
  const nothing = "No cluster of three runs or more: no kind of failure that repeats.";
  if (from) return nothing;
  const status = Status.safeParse(await requestJson(serverUrl(url), "/api/status"));
  if (!status.success || status.data.openTraces === 0) return nothing;
  return `No cluster yet: ${status.data.openTraces} traces are still open and not diagnosed. Ask again in a few seconds.`;
}

async function clustersOf({ from, changes, url }: Options): Promise<unknown> {
  if (from) {
    const { diagnosis } = await diagnosePaths(from, changes === undefined ? {} : { changes });
    return diagnosis.clusters;
  }
  if (changes !== undefined) {
    throw new OperatorError(
      "--changes goes with --from; the server is told by: rootward changes add",
      2,
    );
  }
  return requestJson(serverUrl(url), "/api/clusters");
}

function parseClusters(value: unknown): readonly ShownCluster[] {
  const parsed = z.array(ShownCluster).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OperatorError(
    "the server's clusters are not as this version knows them: is it of another version?",
  );
}
