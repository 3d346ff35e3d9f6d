import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { importers, importNames } from "@rootward/pipeline/evals/exchange/importers";
import type { ImportName } from "@rootward/pipeline/evals/exchange/importers";
import { writeImported } from "@rootward/pipeline/evals/exchange/imported";
import type { Import, ImportedCase } from "@rootward/pipeline/evals/exchange/imported";
import { nameOf } from "@rootward/pipeline/evals/grade";
import { loadCases } from "../case-store.ts";
import { loadConfig } from "../config.ts";
import { counted, messageOf, note, OperatorError, printLine } from "../output.ts";
import { programVersion } from "../version.ts";
import { writeSchemas } from "../case-schemas.ts";
import { writeTapes } from "../case-tapes.ts";
import { personOf } from "../person.ts";
import { today } from "../today.ts";

interface Options {
  readonly from?: string;
  readonly workflow?: string;
  readonly agent?: string;
  readonly by?: string;
  readonly dir: string;
  readonly dryRun?: boolean;
  readonly config?: string;
}

/** Adds `rootward cases import`. */
export function registerImport(cases: Command): void {
  cases
    .command("import")
    .argument(
      "<file>",
      "a promptfoo config or list of tests, JSON lines, an export of OpenAI Evals",
    )
    .description("Makes draft cases of another product's tests.")
    .option("--from <product>", importNames.join(", "))
    .option("--workflow <name>", "the workflow of tests that name none")
    .option("--agent <name>", "the agent under agents: in rootward.yaml that the gate runs")
    .option("--by <name>", "who imports and owns them; else git's user.name")
    .option("--dir <folder>", "where cases and cassettes go", "evals")
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--config <file>", "rootward.yaml to use")
    .action(importCases);
}

function importCases(file: string, options: Options): void {
  const from = fromOf(options.from);
  const { config } = loadConfig(options.config);
  const agents = Object.keys(config.agents ?? {});
  const read = importers[from](textOf(file), {
    from,
    file,
    workflow: options.workflow ?? null,
    agent: options.agent ?? (agents.length === 1 ? (agents[0] ?? null) : null),
    by: personOf(options.by),
    today: today(),
    version: programVersion(),
  });
  if (!read.ok) throw new OperatorError(`nothing is imported: ${read.errors.join("; ")}`);
  const folder = resolve(options.dir);
  const known = new Map(
    existsSync(join(folder, "cases"))
      ? loadCases(folder).cases.map(({ evalCase, file: path }) => [evalCase.id, path])
      : [],
  );
  const isNew = ({ evalCase: { id } }: ImportedCase) =>
    !known.has(id) && !existsSync(join(folder, "cases", `${id}.yaml`));
  const fresh = read.value.cases.filter(isNew);
  if (options.dryRun !== true && fresh.length > 0) {
    for (const each of fresh) write(folder, each);
    writeSchemas(folder);
  }
  report(read.value, fresh, folder, options.dryRun === true);
}

function fromOf(text: string | undefined): ImportName {
  const found = importNames.find((name) => name === text);
  if (found !== undefined) return found;
  const given = text === undefined ? "is missing" : `is "${text}"`;
  throw new OperatorError(`--from ${given}; accepted are ${importNames.join(", ")}`, 2);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${messageOf(error)}`, 2);
  }
}

/** The recordings and the rubric before the case: what stops in between leaves no case without them. */
function write(folder: string, imported: ImportedCase): void {
  const { recordings, rubric, evalCase } = imported;
  const withTapes = {
    ...imported,
    evalCase:
      recordings.length === 0
        ? evalCase
        : {
            ...evalCase,
            environment: {
              model: "live" as const,
              tools: "replay" as const,
              retrieval: "replay" as const,
              match: "args" as const,
              on_miss: "undecided" as const,
              ...evalCase.environment,
              cassette: `../cassettes/${evalCase.id}`,
            },
          },
  };
  if (recordings.length > 0) writeTapes(folder, evalCase.id, recordings);
  if (rubric !== null) {
    mkdirSync(join(folder, "rubrics"), { recursive: true });
    writeFileSync(join(folder, "rubrics", `${rubric.id}.md`), rubric.text);
  }
  mkdirSync(join(folder, "cases"), { recursive: true });
  writeFileSync(join(folder, "cases", `${evalCase.id}.yaml`), writeImported(withTapes));
}

function report(
  { cases, left, remarks }: Import,
  fresh: readonly ImportedCase[],
  folder: string,
  isDry: boolean,
): void {
  for (const { evalCase, notes, place } of fresh) {
    const path = relative(process.cwd(), join(folder, "cases", `${evalCase.id}.yaml`));
    const asked = [
      ...evalCase.assert.map((each) => nameOf(each)),
      ...(evalCase.judge === undefined ? [] : ["judge"]),
    ];
    printLine(`${path}   ${evalCase.severity} draft, from ${place}: ${asked.join(", ")}`);
    for (const each of notes) note(`rootward: ${place}: ${each}`);
  }
  for (const { place, why } of left) note(`rootward: ${place}: no case is made of it: ${why}`);
  for (const remark of remarks) note(`rootward: ${remark}`);
  const there = cases.length - fresh.length;
  const again = there === 0 ? "" : `, ${there} there already and left as they are`;
  const word = isDry ? "would be written" : "written";
  printLine(
    `${counted(fresh.length, "draft")} ${word}${again}${left.length === 0 ? "" : `, ${left.length} left out`}`,
  );
  if (cases.length === 0) process.exitCode = 1;
}
