import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { Document } from "yaml";
import { hasExpired, namesOf, stalenessOf, supersededBy } from "@rootward/pipeline/evals/overrides";
import { quarantines } from "@rootward/pipeline/evals/standing";
import type { Override } from "@rootward/pipeline/model/override";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { policy } from "@rootward/pipeline/model/policy";
import { dayMs } from "@rootward/pipeline/model/time";
import { terminal } from "../ask.ts";
import { loadCases } from "../case-store.ts";
import type { CaseStore } from "../case-store.ts";
import { loadConfig } from "../config.ts";
import { lastFailed, resultsFrom, storedTrials } from "../last-result.ts";
import { counted, note, OperatorError, printJson, printLine, table } from "../output.ts";
import { completed } from "../override-draft.ts";
import type { Draft } from "../override-draft.ts";
import { gitUser, personOf } from "../person.ts";
import { today } from "../today.ts";

interface NewOptions {
  readonly dir: string;
  readonly kind: string;
  readonly expires?: string;
  readonly covers?: readonly string[];
  readonly from?: string;
  readonly identity?: string;
  readonly reason?: string;
  readonly risk?: string;
  readonly incident?: string;
  readonly followUp?: string;
  readonly requestedBy?: string;
  readonly approvedBy?: readonly string[];
  readonly config?: string;
}

/** Adds `rootward override`. */
export function register(program: Command): void {
  const override = program
    .command("override")
    .description("Written permission to pass named assertions of a failing case until a date.");
  override
    .command("new")
    .argument("<case>", "EC-…, as `rootward gate` names it")
    .description(
      "Writes evals/overrides/OV-….yaml, and asks at a terminal for what is missing; a person who did not ask for it approves it.",
    )
    .option("--from <file>", "a result of rootward gate --json: its failing assertions are covered")
    .option(
      "--expires <day>",
      "YYYY-MM-DD, the first day without it; at most 30 days ahead, a quarantine 14, expected_fail 90, of a P0 3",
    )
    .option(
      "--covers <assertion...>",
      "the failing assertions, or judge; needed where nothing says which fail",
    )
    .option("--identity <id>", "let it count for this candidate alone")
    .option("--reason <text>", "why it may ship, at least 40 characters")
    .option("--risk <text>", "what may go wrong meanwhile, at least 20 characters")
    .option("--incident <id>", "where this is tracked")
    .option("--follow-up <url>", "where the repair is planned")
    .option("--requested-by <name>", "who asks; else git's user.name")
    .option("--approved-by <name...>", "who allows it")
    .option("--kind <kind>", "accept_failure, quarantine or expected_fail", "accept_failure")
    .option("--dir <folder>", "where cases and overrides are", "evals")
    .option("--config <file>", "rootward.yaml to use")
    .action(newOverride);
  override
    .command("list")
    .description("Lists the overrides: living, expiring, expired.")
    .option("--dir <folder>", "where cases and overrides are", "evals")
    .option("--json", "as JSON")
    .action(listOverrides);
  override
    .command("prune")
    .description("Shows the overrides that are over or can never count, and deletes them.")
    .option("--from <file>", "a result of rootward gate --json: those whose case passes go as well")
    .option("--yes", "delete without asking")
    .option("--config <file>", "rootward.yaml to use: results are kept beside it")
    .option("--dir <folder>", "where cases and overrides are", "evals")
    .action(pruneOverrides);
}

async function newOverride(id: string, options: NewOptions): Promise<void> {
  const folder = resolve(options.dir);
  const evalCase = caseOf(loadCases(folder), folder, id);
  refuseWithoutBreakGlass(evalCase, options);
  const created = today();
  const assertions = coversOf(evalCase, options);
  const asked = terminal();
  if (assertions === null && asked === null) throw coversMissing(evalCase);
  const draft: Draft = {
    schema: "override/v1",
    id: idFor(folder, evalCase.id, created),
    case: evalCase.id,
    kind: options.kind,
    severity: evalCase.severity,
    covers: assertions === null ? undefined : { assertions, identity: options.identity },
    reason: options.reason,
    risk: options.risk,
    incident: options.incident,
    follow_up: options.followUp,
    requested_by: options.requestedBy ?? gitPerson(),
    approved_by: options.approvedBy,
    created,
    expires: options.expires,
  };
  try {
    if (asked !== null) introduce(evalCase, assertions);
    const made = await completed(draft, asked?.ask ?? null, note, namesOf(evalCase));
    write(folder, made);
  } finally {
    asked?.end();
  }
}

function introduce({ id, severity, title }: EvalCase, covers: readonly string[] | null): void {
  note(`${severity} ${id}  ${title}`);
  if (covers !== null) note(`covers ${covers.join(", ")}`);
}

/** `OV-` with case and day; a second one of a day is numbered. */
function idFor(folder: string, caseId: string, day: string): string {
  const first = `OV-${caseId.replace(/^EC-/, "")}-${day}`;
  const isTaken = (id: string) => existsSync(join(folder, "overrides", `${id}.yaml`));
  if (!isTaken(first)) return first;
  for (let number = 2; ; number += 1) {
    if (!isTaken(`${first}-${number}`)) return `${first}-${number}`;
  }
}

function write(folder: string, override: Override): void {
  const path = join(folder, "overrides", `${override.id}.yaml`);
  const document = new Document(override, { version: "1.2" });
  document.commentBefore = " yaml-language-server: $schema=../schemas/override.v1.schema.json";
  mkdirSync(join(folder, "overrides"), { recursive: true });
  writeFileSync(path, document.toString({ lineWidth: 120 }));
  const { severity, case: of, expires } = override;
  printLine(`${relative(process.cwd(), path)}   ${severity} ${of} until the day before ${expires}`);
  note("Commit it; it counts for what it names, on this branch, until that day.");
}

function caseOf({ cases, problems }: CaseStore, folder: string, id: string): EvalCase {
  const found = cases.find(({ evalCase }) => evalCase.id === id);
  if (found) return found.evalCase;
  const known = cases.map(({ evalCase }) => evalCase.id).join(", ") || "none";
  const [problem] = problems;
  const also = problem === undefined ? "" : `; ${problem}`;
  throw new OperatorError(`no case ${id} in ${folder}; there: ${known}${also}`, 2);
}

/** A P0 passes by nobody's word alone: only where the configuration allows breaking the glass. */
function refuseWithoutBreakGlass({ id, severity }: EvalCase, options: NewOptions): void {
  if (severity !== "P0") return;
  const { config } = loadConfig(options.config);
  if (config.overrides?.p0_break_glass === true) return;
  throw new OperatorError(
    `${id} is a P0, and no override passes a P0 unless rootward.yaml says overrides: {p0_break_glass: true}`,
    2,
  );
}

/** What is to be covered: as named, else what failed in the result, the one assertion that there is, what failed last; null where nothing says it. */
function coversOf(
  evalCase: EvalCase,
  { covers, from, config }: NewOptions,
): readonly string[] | null {
  const names = namesOf(evalCase);
  const unknown = covers?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new OperatorError(`--covers ${unknown}: ${evalCase.id} has ${names.join(", ")}`, 2);
  }
  if (covers !== undefined) return covers;
  if (from !== undefined) return failedIn(from, evalCase.id);
  if (names.length === 1) return names;
  const failed = lastFailed(storedTrials(loadConfig(config)), evalCase.id);
  const isKnown = failed.length > 0 && failed.every((name) => names.includes(name));
  return isKnown ? failed : null;
}

function failedIn(from: string, id: string): readonly string[] {
  const result = resultsFrom(from).find((one) => one.case === id);
  if (result === undefined) throw new OperatorError(`--from ${from}: ${id} was not tried in it`, 2);
  if (result.verdict === "fail") return result.failed.map(({ assertion }) => assertion);
  const why =
    result.verdict === "pass"
      ? "passed: there is nothing to override"
      : "could not be decided, which no override covers";
  throw new OperatorError(`--from ${from}: ${id} ${why}`, 2);
}

function coversMissing(evalCase: EvalCase): OperatorError {
  const names = namesOf(evalCase).join(", ");
  return new OperatorError(
    `--covers is missing: name the failing assertions of ${evalCase.id} among ${names}, or give --from RESULT`,
    2,
  );
}

/** What an override is worth today. */
function stateOf(override: Override, now: string): string {
  const { created, expires } = override;
  if (hasExpired(override, now)) return "expired";
  if (created > now) return "not yet";
  const days = Math.round((Date.parse(expires) - Date.parse(now)) / dayMs);
  return days <= policy("overrideExpiringDays") ? `expires in ${days} days` : "living";
}

function listOverrides({ dir, json }: { readonly dir: string; readonly json?: boolean }): void {
  const { overrides, problems } = loadCases(resolve(dir));
  const rows = overrides.map((each) => ({ ...each, state: stateOf(each, today()) }));
  if (json === true) printJson({ overrides: rows, problems });
  else {
    const columns = ["override", "case", "", "kind", "until", "state", "covers"];
    printLine(
      table(
        columns.map((name) => ({ name })),
        rows.map(({ id, case: of, severity, kind, expires, state, covers }) => [
          id,
          of,
          severity,
          kind,
          expires,
          state,
          covers.assertions.join(", "),
        ]),
      ),
    );
    for (const problem of problems) note(`rootward: ${problem}`);
  }
  if (problems.length > 0) process.exitCode = 1;
}

interface PruneOptions {
  readonly dir: string;
  readonly from?: string;
  readonly yes?: boolean;
  readonly config?: string;
}

async function pruneOverrides({ dir, from, yes, config }: PruneOptions): Promise<void> {
  const store = loadCases(resolve(dir));
  const results = from === undefined ? [] : resultsFrom(from);
  const known = store.cases.map(({ evalCase }) => evalCase);
  const kept = storedTrials(loadConfig(config));
  const lifted = (id: string): string | null => {
    const found = quarantines(store.overrides, kept).find((each) => each.id === id);
    return found?.isLifted ? `${id}: ${found.case} had ${found.clean} clean trials in a row` : null;
  };
  // A case that cannot be read may be the one that an override names.
  const isWhole = store.problems.length === 0;
  const over = store.overrides.flatMap((override) => {
    const rules = { today: today(), breakGlass: true };
    const why = isWhole
      ? (stalenessOf(override, known, rules) ??
        supersededBy(override, results) ??
        lifted(override.id))
      : hasExpired(override, rules.today)
        ? `${override.id} expired on ${override.expires}`
        : null;
    const file = store.overrideFiles.get(override.id);
    return why === null || file === undefined ? [] : [{ file, why }];
  });
  for (const { file, why } of over) printLine(`${file}   ${why}`);
  for (const problem of store.problems) note(`rootward: ${problem}`);
  if (over.length === 0) {
    printLine("nothing to prune");
    return;
  }
  if (yes !== true && !(await isWanted(over.length))) return;
  for (const { file } of over) rmSync(file);
  printLine(`${counted(over.length, "override")} deleted`);
}

async function isWanted(number: number): Promise<boolean> {
  const asked = terminal();
  if (asked === null) {
    throw new OperatorError(
      `nothing was deleted: give --yes to delete ${number === 1 ? "it" : "them"}`,
      1,
    );
  }
  try {
    return /^y(es)?$/i.test(await asked.ask(`Delete ${counted(number, "override")} (y/N)`));
  } finally {
    asked.end();
  }
}

/** The person that git knows; undefined without one. */
function gitPerson(): string | undefined {
  const name = gitUser();
  return name === null ? undefined : personOf(name);
}
