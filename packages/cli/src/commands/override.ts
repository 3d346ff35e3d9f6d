import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { stringify } from "yaml";
import { nameOf } from "@rootward/pipeline/evals/grade";
import { Override } from "@rootward/pipeline/model/override";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { policy } from "@rootward/pipeline/model/policy";
import { loadCases } from "../case-store.ts";
import { loadConfig } from "../config.ts";
import { note, OperatorError, printJson, printLine, table } from "../output.ts";
import { gitUser, personOf } from "../person.ts";
import { today } from "../today.ts";

interface NewOptions {
  readonly dir: string;
  readonly kind: string;
  readonly expires?: string;
  readonly covers?: readonly string[];
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
    .description("Writes evals/overrides/OV-….yaml; a person who did not ask for it approves it.")
    .option(
      "--expires <day>",
      "YYYY-MM-DD; at most 30 days ahead, a quarantine 14, expected_fail 90",
    )
    .option("--covers <assertion...>", "the failing assertions; needed where the case has several")
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
}

function newOverride(id: string, options: NewOptions): void {
  const folder = resolve(options.dir);
  const evalCase = caseOf(folder, id);
  refuseWithoutBreakGlass(evalCase, options);
  const created = today();
  const parsed = Override.safeParse({
    schema: "override/v1",
    id: `OV-${evalCase.id.replace(/^EC-/, "")}-${created}`,
    case: evalCase.id,
    kind: options.kind,
    severity: evalCase.severity,
    covers: { assertions: coversOf(evalCase, options.covers) },
    reason: options.reason,
    risk: options.risk,
    incident: options.incident,
    follow_up: options.followUp,
    requested_by: options.requestedBy ?? gitPerson(),
    approved_by: options.approvedBy,
    created,
    expires: options.expires,
  });
  if (!parsed.success) throw new OperatorError(refusal(parsed.error.issues), 2);
  const path = join(folder, "overrides", `${parsed.data.id}.yaml`);
  const file = relative(process.cwd(), path);
  if (existsSync(path)) throw new OperatorError(`${file} exists already: edit it, or wait a day`);
  mkdirSync(join(folder, "overrides"), { recursive: true });
  writeFileSync(path, stringify(parsed.data, { lineWidth: 120 }));
  printLine(`${file}   ${evalCase.severity} ${evalCase.id} until ${parsed.data.expires}`);
  note("Commit it; it counts for what it names, on this branch, until that day.");
}

function caseOf(folder: string, id: string): EvalCase {
  const { cases, problems } = loadCases(folder);
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

function coversOf(evalCase: EvalCase, asked: readonly string[] | undefined): readonly string[] {
  const names = evalCase.assert.map(nameOf);
  const unknown = asked?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new OperatorError(`--covers ${unknown}: ${evalCase.id} has ${names.join(", ")}`, 2);
  }
  if (asked === undefined && names.length > 1) {
    throw new OperatorError(
      `--covers is missing: name the failing assertions of ${evalCase.id} among ${names.join(", ")}`,
      2,
    );
  }
  return asked ?? names;
}

/** What a flag that must not be left out accepts. */
const accepted: Readonly<Record<string, string>> = {
  expires: "a day, YYYY-MM-DD",
  reason: "a text of at least 40 characters",
  risk: "a text of at least 20 characters",
  incident: "the id of an incident or issue",
  follow_up: "a URL",
  requested_by: "a name such as @jo",
  approved_by: "a name such as @mira, another one",
};

const flagOf: Readonly<Record<string, string>> = {
  follow_up: "--follow-up",
  requested_by: "--requested-by",
  approved_by: "--approved-by",
};

function refusal(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  return issues
    .map(({ path, message }) => {
      const key = String(path[0] ?? "");
      const words = message.includes("received undefined")
        ? `is missing: expected ${accepted[key] ?? "a value"}`
        : message;
      return `${flagOf[key] ?? `--${key}`} ${words}`;
    })
    .join("; ");
}

const dayMs = 86_400_000;

/** What an override is worth today. */
function stateOf({ created, expires }: Override, now: string): string {
  if (expires <= now) return "expired";
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

/** The person that git knows; undefined without one. */
function gitPerson(): string | undefined {
  const name = gitUser();
  return name === null ? undefined : personOf(name);
}
