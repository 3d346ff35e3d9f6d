import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import type { CaseNote, CasesTold, ClosureNote } from "@rootward/pipeline/model/case-told";
import { ClusterId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import { request, requestJson, serverUrl } from "../api.ts";
import { loadCases } from "../case-store.ts";
import type { CaseStore } from "../case-store.ts";
import { factsFromServer, writeFacts } from "../coverage.ts";
import { counted, note, OperatorError, printLine } from "../output.ts";
import { sourceOf } from "../where-run.ts";

interface SyncOptions {
  readonly url?: string;
  readonly dir: string;
  readonly source?: string;
}

/** Adds `rootward cases sync`. */
export function registerSync(cases: Command): void {
  cases
    .command("sync")
    .description(
      "Tells the server of all cases and closures, so that clusters are guarded or closed; writes coverage.json beside the cases.",
    )
    .option("--url <url>", "the server (default: ROOTWARD_URL or http://127.0.0.1:4318)")
    .option("--dir <folder>", "where cases and closures are", "evals")
    .option(
      "--source <name>",
      "what tells these cases from others; default: git's origin and the folder",
    )
    .action(sync);
}

function caseNotes({ cases }: CaseStore): readonly CaseNote[] {
  return cases.map(({ evalCase, file }) => ({
    id: evalCase.id,
    cluster: clusterOf(evalCase.provenance.cluster),
    file,
    severity: evalCase.severity,
    status: evalCase.status,
    title: evalCase.title,
    text: textOf(file),
  }));
}

/** The file as it stands, where it is not too long to be shown beside a cluster. */
function textOf(file: string): string | null {
  const text = readFileSync(file, "utf8");
  return text.length > policy("caseTextCharacters") ? null : text;
}

/** Only an id that a server gives names a cluster of it: a hand-written case may name any. */
function clusterOf(id: string | undefined): CaseNote["cluster"] {
  const parsed = ClusterId.safeParse(id);
  return parsed.success ? parsed.data : null;
}

function closureNotes({ closures, folder }: CaseStore): readonly ClosureNote[] {
  return closures.map((closure) => {
    const path = join(folder, "closures", `${closure.id}.yaml`);
    return { file: existsSync(path) ? relative(process.cwd(), path) : "", closure };
  });
}

/** Lists of cases that fit into one request each, at least one list. */
function inParts(cases: readonly CaseNote[]): readonly (readonly CaseNote[])[] {
  const parts: CaseNote[][] = [[]];
  let size = 0;
  for (const one of cases) {
    const length = JSON.stringify(one).length;
    if (size > 0 && size + length > policy("reportCharacters") / 2) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(one);
    size += length;
  }
  return parts;
}

const Status = z.object({ loopsClosed: z.object({ closed: z.number(), of: z.number() }) });

async function sync(options: SyncOptions): Promise<void> {
  const url = serverUrl(options.url);
  const store = loadCases(resolve(options.dir));
  const [problem] = store.problems;
  if (problem !== undefined) {
    const more = store.problems.length - 1;
    throw new OperatorError(
      `nothing was told to the server: ${problem}${more > 0 ? ` (and ${more} more: rootward cases list)` : ""}`,
    );
  }
  const source = options.source ?? sourceOf(store.folder);
  if (source === "")
    note("rootward: git knows no origin: the server keeps these cases as of nobody (--source)");
  const cases = caseNotes(store);
  const closures = closureNotes(store);
  const all = { cases: cases.map(({ id }) => id), closures: store.closures.map(({ id }) => id) };
  const parts = inParts(cases);
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const told = { source, cases: [...part], ...(isLast ? { closures: [...closures], all } : {}) };
    await request(url, "/api/cases", told satisfies Partial<CasesTold>);
  }
  const by = (status: string) => cases.filter((one) => one.status === status).length;
  printLine(
    `${url} was told of ${counted(cases.length, "case")} (${by("active")} active, ${by("draft")} draft, ${by("retired")} retired) and ${counted(closures.length, "closure")}`,
  );
  const file = writeFacts(store.folder, await factsFromServer(url));
  if (file !== null) printLine(`${file}: what production showed, for the end of the gate's report`);
  const { loopsClosed } = Status.parse(await requestJson(url, "/api/status"));
  printLine(
    `${loopsClosed.closed} of ${counted(loopsClosed.of, "cluster")} guarded, resolved or closed`,
  );
}
