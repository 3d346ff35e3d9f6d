import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../config.ts";
import { guessesFor, withGuesses } from "../guesses.ts";
import type { Learned, Merged, WorkflowGuesses } from "../guesses.ts";
import { count, counted, note, OperatorError, plain, printJson, printLine } from "../output.ts";
import { learnedFromPaths, learnedFromServer } from "../scaffold/learning.ts";
import { planScaffold, writeScaffold } from "../scaffold/scaffold.ts";
import type { Scaffold } from "../scaffold/scaffold.ts";

interface Options {
  readonly config?: string;
  readonly url?: string;
  readonly dir: string;
  readonly owner?: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("init")
    .description(
      "write what the gate needs in a repository, and what was learned of your workflows, for you to correct",
    )
    .argument("[path...]", "OTLP bodies to learn from; without any, a server, if one answers")
    .option(
      "--config <file>",
      "the file to write (default: the nearest rootward.yaml, else one in the working folder)",
    )
    .option("--dir <folder>", "where cases are to be", "evals")
    .option("--owner <name...>", "who may change what the gate decides with, for CODEOWNERS")
    .option("--url <url>", "the server (default: ROOTWARD_URL, else http://127.0.0.1:4318)")
    .option("--dry-run", "tell what would be done and print rootward.yaml; write nothing")
    .option("--json", "print the guesses as JSON, write nothing")
    .addHelpText(
      "after",
      "\nIt adds the folder of cases, schemas for editors, a CI job and lines of CODEOWNERS where they are missing, and changes nothing that is there.",
    )
    .action(init);
}

async function init(paths: string[], options: Options): Promise<void> {
  // A configuration that is wrong is told before anything is read.
  const found = existing(options.config);
  const wrong = (options.owner ?? []).find(
    (name) => !/^@[\w.-]+(\/[\w.-]+)?$|^\S+@\S+$/.test(name),
  );
  if (wrong !== undefined) {
    throw new OperatorError(
      `--owner is "${wrong}"; expected @name, @organisation/team or an e-mail address`,
      2,
    );
  }
  const learned = await learn(paths, options, found);
  const guesses = guessesFor(learned ?? []);
  if (options.json === true) {
    printJson({ workflows: guesses });
    return;
  }
  const file = found ?? resolve(options.config ?? join(process.cwd(), "rootward.yaml"));
  const name = relative(process.cwd(), file) || file;
  const before = found === null ? template(options.dir) : readFileSync(file, "utf8");
  const merged = learned === null ? unchanged(before) : withGuesses(before, guesses);
  const scaffold = planScaffold({ dir: options.dir, config: name, owners: options.owner ?? [] });
  const isWritten = options.dryRun !== true;
  if (isWritten) {
    if (merged.added > 0 || found === null) writeWhole(file, merged.text);
    writeScaffold(scaffold);
  }
  tell(guesses);
  for (const key of merged.kept) note(`${key} stands in ${name} already and was left as it is`);
  tellFiles(scaffold, { name, isNew: found === null, added: merged.added });
  tellLeft(scaffold, { isNew: found === null, hasLearned: guesses.length > 0 });
  if (!isWritten) printLine(`\n${name} would be:\n\n${merged.text}`);
}

function unchanged(text: string): Merged {
  return { text, added: 0, kept: [] };
}

/** In one step, so that a reader never finds half a file. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** What is learned of workflows; null where there is nobody to ask and nobody was named. */
async function learn(
  paths: readonly string[],
  options: Options,
  found: string | null,
): Promise<readonly Learned[] | null> {
  if (paths.length > 0) {
    return await learnedFromPaths(paths, found === null ? undefined : options.config);
  }
  const isNamed = options.url !== undefined || Boolean(process.env["ROOTWARD_URL"]);
  try {
    return await learnedFromServer(options.url);
  } catch (error) {
    if (isNamed || options.json === true || !(error instanceof OperatorError)) throw error;
    return null;
  }
}

/** The configuration that is there; null without one. @throws OperatorError  exit code 2, if it is wrong */
function existing(explicit: string | undefined): string | null {
  if (explicit !== undefined && !existsSync(resolve(explicit))) return null;
  return loadConfig(explicit).path;
}

const template = (
  dir: string,
) => `# yaml-language-server: $schema=${dir}/schemas/rootward.v1.schema.json
schema: rootward/v1
# The agent that \`rootward gate\` tries; its name is the \`agent\` of a case. See docs/gate.md.
# agents:
#   my-agent:
#     adapter: command
#     run: [node, dist/eval-entry.js] # JSON on standard input, JSON on the last line of standard output
#     timeout: 60s
`;

function tell(all: readonly WorkflowGuesses[]): void {
  for (const { workflow, runs, guesses } of all) {
    printLine(`${plain(workflow)}: ${count(runs)} runs`);
    for (const { key, value, evidence } of guesses)
      printLine(
        `  ${key.padEnd(16)} ${plain(JSON.stringify(value)).slice(0, 100)}\n  ${"".padEnd(16)} ${plain(evidence).slice(0, 200)}`,
      );
    if (guesses.length === 0)
      printLine(
        "  nothing to write down yet: too few runs, or none that show tools, retrieval or citations",
      );
  }
}

interface Config {
  readonly name: string;
  readonly isNew: boolean;
  readonly added: number;
}

function tellFiles({ files }: Scaffold, { name, isNew, added }: Config): void {
  const guesses = counted(added, "guess", "guesses");
  const config = isNew ? "new" : added > 0 ? "added to" : "kept";
  const rows = [
    { what: config, file: added > 0 ? `${name}   ${guesses}; correct what is wrong` : name },
    ...files,
  ];
  for (const { what, file } of rows.filter((row) => row.what !== "kept")) {
    printLine(`${what.padEnd(9)} ${file}`);
  }
  const kept = rows.filter(({ what }) => what === "kept").length;
  if (kept > 0) printLine(`${"kept".padEnd(9)} ${counted(kept, "file")} as they are`);
}

function tellLeft(
  { left }: Scaffold,
  { isNew, hasLearned }: { readonly isNew: boolean; readonly hasLearned: boolean },
): void {
  const all = [
    ...(isNew ? ["name your agent under agents: in rootward.yaml"] : []),
    ...(hasLearned
      ? []
      : ["let it learn your workflows:  rootward init traces/   or with a server that has traces"]),
    ...left,
    "add a case:  rootward cases add CL-…   then  rootward doctor",
  ];
  printLine("\nLeft to do");
  for (const [index, line] of all.entries()) printLine(`  ${index + 1}. ${line}`);
}
