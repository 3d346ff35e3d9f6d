import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { stringify } from "yaml";
import { classify } from "@rootward/pipeline/evals/failureclass";
import { Closure, closureCategories } from "@rootward/pipeline/model/closure";
import { severities } from "@rootward/pipeline/model/evalfields";
import type { Severity } from "@rootward/pipeline/model/evalfields";
import { serverUrl } from "../api.ts";
import { caseFileOf, edited, reasonOf, saveCase } from "../case-files.ts";
import { declaredHere } from "../case-material.ts";
import { materialFromPaths } from "../case-paths.ts";
import { materialFromServer } from "../case-source.ts";
import type { CaseMaterial } from "../case-source.ts";
import { casesOfCluster } from "../case-store.ts";
import { tellCase, tellClosure } from "../case-tell.ts";
import { loadConfig } from "../config.ts";
import { oneOf } from "../one-of.ts";
import { note, OperatorError, printLine } from "../output.ts";
import { personOf } from "../person.ts";
import { today } from "../today.ts";

interface ClosureOptions {
  readonly dir: string;
  readonly why?: string;
  readonly category?: string;
  readonly reviewedBy?: string;
  readonly closedBy?: string;
  readonly incident?: string;
  readonly upstreamFix?: string;
  readonly reviewAgain?: string;
  readonly url?: string;
}

interface CloseOptions extends ClosureOptions {
  readonly from?: readonly string[];
  readonly changes?: string;
  readonly severity?: string;
  readonly couldRecurUnnoticed?: string;
  readonly into?: string;
  readonly config?: string;
}

const whyLeast = 40;

/** Adds `rootward cases close` and `rootward cases retire`. */
export function registerClose(cases: Command): void {
  const close = cases
    .command("close")
    .argument("<cluster>", "CL-…, as `rootward clusters` lists them")
    .description("Writes a closure instead of a case: why this cluster needs none.")
    .option(
      "--could-recur-unnoticed <yes|no>",
      "whether a change of model, prompt or tools could bring it back unnoticed: then it needs a case",
    )
    .option("--into <case>", "the case of another cluster with the same root cause")
    .option("--severity <P0|P1|P2>", "raise the severity that its failure class demands")
    .option("--from <path...>", "OTLP files or folders instead of a server")
    .option("--changes <file>", "with --from: a JSON file of changes")
    .option("--config <file>", "rootward.yaml to use");
  withFields(close).action(closeCluster);
  const retire = cases
    .command("retire")
    .argument("<case>", "EC-…")
    .description("Sets a case to retired, with the reason in its history, and writes the closure.");
  withFields(retire).action(retireCase);
}

function withFields(command: Command): Command {
  return command
    .option("--why <text>", `at least ${whyLeast} characters`)
    .option("--category <category>", closureCategories.join(", "))
    .option("--reviewed-by <name>", "who looked at it: another person than closes it")
    .option("--closed-by <name>", "who closes it; else git's user.name")
    .option("--incident <id>", "where it was tracked")
    .option("--upstream-fix <url>", "what repaired it")
    .option("--review-again <day>", "YYYY-MM-DD")
    .option("--url <url>", "the server to ask and to tell")
    .option("--dir <folder>", "where cases and closures are", "evals");
}

async function closeCluster(id: string, options: CloseOptions): Promise<void> {
  const asked = oneOf("--severity", options.severity, severities);
  const recurs = oneOf("--could-recur-unnoticed", options.couldRecurUnnoticed, ["yes", "no"]);
  if (recurs === null) {
    throw new OperatorError(
      "--could-recur-unnoticed is missing; accepted are yes, no: whether a change of model, prompt or tools could bring it back unnoticed",
      2,
    );
  }
  if (recurs === "yes" && options.into === undefined) {
    throw new OperatorError(
      "--could-recur-unnoticed yes: it could recur unnoticed, so it needs an eval: rootward cases add",
      2,
    );
  }
  const fields = fieldsOf(options);
  const into = options.into === undefined ? null : caseFileOf(options.dir, options.into);
  const url = options.from ? null : serverUrl(options.url);
  const { config } = loadConfig(options.config);
  const found: CaseMaterial = options.from
    ? await materialFromPaths(id, options.from, options)
    : await materialFromServer(url ?? "", id);
  const material = declaredHere(found, config);
  const { cluster } = material;
  const [own] = casesOfCluster(resolve(options.dir), [cluster.id]);
  if (own !== undefined) {
    throw new OperatorError(
      `${cluster.id} has a case, ${own.file}: rootward cases retire ${own.id}`,
    );
  }
  const classified = classify(cluster, material.settings, material.members);
  const closure = closureOf({
    ...fields,
    id: cluster.id,
    cluster: cluster.id,
    members: cluster.members.length,
    decision: into === null ? "no_eval" : "merged_into",
    ...(into === null ? {} : { case: into.evalCase.id }),
    severity_considered: raised(asked, classified.severity),
    could_recur_unnoticed: recurs === "yes",
  });
  const file = write(options.dir, closure);
  printLine(
    `${file}   ${closure.severity_considered} (${classified.failureClass}: ${classified.reason}), ${closure.decision}`,
  );
  if (into !== null) {
    const change = `guards ${cluster.id} too`;
    saveCase(into, edited(into, { history: historyOf(closure, change) }));
    printLine(`${into.file}   ${change}`);
  }
  if (url !== null) await tellClosure(url, closure, file);
}

async function retireCase(id: string, options: ClosureOptions): Promise<void> {
  const found = caseFileOf(options.dir, id);
  const { provenance, severity, status } = found.evalCase;
  if (status === "retired") throw new OperatorError(`${id} is retired already: ${found.file}`);
  const closure = closureOf({
    ...fieldsOf(options),
    id,
    cluster: provenance.cluster ?? id,
    // A case that was written by hand stands for itself.
    members: provenance.members ?? 1,
    decision: "retire_case",
    case: id,
    severity_considered: severity,
    could_recur_unnoticed: false,
  });
  const retired = edited(found, { status: "retired", history: historyOf(closure, "retired") });
  // The closure first: a retired case without one is what the gate refuses.
  const file = write(options.dir, closure);
  saveCase(found, retired);
  printLine(`${found.file}   retired`);
  printLine(file);
  if (options.url === undefined) return;
  const url = serverUrl(options.url);
  await tellCase(url, retired.evalCase, found.file, retired.text);
  await tellClosure(url, closure, file);
}

function raised(asked: Severity | null, floor: Severity): Severity {
  if (asked === null || asked <= floor) return asked ?? floor;
  throw new OperatorError(`--severity ${asked}: it is at least ${floor}; it may only be raised`, 2);
}

function historyOf({ closed, closed_by, why }: Closure, change: string) {
  return { at: closed, by: closed_by, change, why };
}

type Fields = Pick<Closure, "why" | "category" | "closed_by" | "reviewed_by" | "closed"> &
  Partial<Pick<Closure, "incident" | "upstream_fix" | "review_again">>;

/** What a person says of a closure. @throws OperatorError  exit code 2: names everything that is missing */
function fieldsOf(options: ClosureOptions): Fields {
  const category = oneOf("--category", options.category, closureCategories);
  const missing = [
    ...(category === null ? [`--category (${closureCategories.join(", ")})`] : []),
    ...(options.reviewedBy === undefined ? ["--reviewed-by (another person than closes it)"] : []),
    ...(options.why === undefined ? [`--why (at least ${whyLeast} characters)`] : []),
  ];
  if (category === null || options.reviewedBy === undefined || missing.length > 0) {
    throw new OperatorError(`missing: ${missing.join("; ")}`, 2);
  }
  const { incident, upstreamFix, reviewAgain } = options;
  return {
    why: reasonOf("--why", options.why, whyLeast),
    category,
    closed_by: personOf(options.closedBy),
    reviewed_by: personOf(options.reviewedBy),
    closed: today(),
    ...(incident === undefined ? {} : { incident }),
    ...(upstreamFix === undefined ? {} : { upstream_fix: upstreamFix }),
    ...(reviewAgain === undefined ? {} : { review_again: reviewAgain }),
  };
}

/** @throws OperatorError  exit code 2: the schema refuses it, with the reason */
function closureOf(fields: Omit<Closure, "schema">): Closure {
  const parsed = Closure.safeParse({ schema: "closure/v1", ...fields });
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new OperatorError(`no closure of ${fields.cluster}: ${why.join("; ")}`, 2);
}

function write(dir: string, closure: Closure): string {
  const folder = join(resolve(dir), "closures");
  const path = join(folder, `${closure.id}.yaml`);
  const file = relative(process.cwd(), path);
  if (existsSync(path)) throw new OperatorError(`${file} exists already: edit it`);
  mkdirSync(folder, { recursive: true });
  const head = "# yaml-language-server: $schema=../schemas/closure.v1.schema.json\n";
  writeFileSync(path, head + stringify(closure, { lineWidth: 120 }));
  note("Commit it: the gate and the server go by the files.");
  return file;
}
