import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { noSettings } from "@rootward/pipeline/model/workflow";
import type { WorkflowSettings } from "@rootward/pipeline/model/workflow";
import { requestJson, serverUrl } from "../api.ts";
import { loadConfig } from "../config.ts";
import { guessesFor, withGuesses } from "../guesses.ts";
import type { Learned, WorkflowGuesses } from "../guesses.ts";
import { count, counted, note, plain, printJson, printLine } from "../output.ts";
import { readRuns } from "../read-paths.ts";

interface Options {
  readonly config?: string;
  readonly url?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("init")
    .description(
      "write down what was learned of your workflows, each guess with its evidence, for you to correct",
    )
    .argument("[path...]", "OTLP bodies to learn from; without any, what the server has learned")
    .option(
      "--config <file>",
      "the file to write (default: the nearest rootward.yaml, else one in the working folder)",
    )
    .option("--url <url>", "the server (default: ROOTWARD_URL, else http://127.0.0.1:4318)")
    .option("--dry-run", "print the file, write nothing")
    .option("--json", "print the guesses as JSON, write nothing")
    .action(init);
}

async function init(paths: string[], options: Options): Promise<void> {
  // A configuration that is wrong is told before anything is read.
  const found = existing(options.config);
  const learned =
    paths.length > 0
      ? await fromPaths(paths, options.config, found)
      : await fromServer(options.url);
  const guesses = guessesFor(learned);
  if (options.json === true) {
    printJson({ workflows: guesses });
    return;
  }
  const file = found ?? resolve(options.config ?? join(process.cwd(), "rootward.yaml"));
  const before = found === null ? "" : readFileSync(file, "utf8");
  const merged = withGuesses(before, guesses);
  if (options.dryRun === true) {
    process.stdout.write(merged.text);
    return;
  }
  tell(guesses);
  const name = relative(process.cwd(), file) || file;
  for (const key of merged.kept) note(`${key} stands in ${name} already and was left as it is`);
  if (merged.added === 0) {
    printLine(
      `nothing to add to ${name}: ${learned.length === 0 ? "no workflow is known yet" : "no guess that it does not hold"}`,
    );
    return;
  }
  // In one step, so that a reader never finds half a file.
  writeFileSync(`${file}.new`, merged.text);
  renameSync(`${file}.new`, file);
  printLine(
    `${counted(merged.added, "guess", "guesses")} written to ${name}; correct what is wrong, what stands there is no longer guessed`,
  );
}

/** The configuration that is there; null without one. @throws OperatorError  exit code 2, if it is wrong */
function existing(explicit: string | undefined): string | null {
  if (explicit !== undefined && !existsSync(resolve(explicit))) return null;
  return loadConfig(explicit).path;
}

async function fromPaths(
  paths: readonly string[],
  config: string | undefined,
  found: string | null,
): Promise<readonly Learned[]> {
  const runs = new Map<string, { workflow: string; environment: string; runs: number }>();
  const { settingsOf, warnings } = await readRuns(
    paths,
    found === null ? undefined : config,
    ({ run }) => {
      const key = JSON.stringify([run.workflow, run.environment]);
      const entry = runs.get(key) ?? {
        workflow: run.workflow,
        environment: run.environment,
        runs: 0,
      };
      runs.set(key, entry);
      entry.runs += 1;
    },
  );
  for (const warning of warnings) note(`warning: ${warning}`);
  return [...runs.values()].map((entry) => ({
    ...entry,
    settings: settingsOf(entry.workflow, entry.environment),
  }));
}

const Overview = z.object({
  workflows: z.array(z.object({ name: z.string(), environment: z.string(), runs: z.number() })),
});

const Settings = z.object({
  retrievers: z.array(z.string()),
  citation: z.object({ pattern: z.string().nullable(), pointer: z.string().nullable() }).nullable(),
  fallbackTools: z.array(z.string()),
  escalations: z.array(z.string()),
  defaultAnswers: z.array(z.string()),
  retrieves: z.boolean().nullable(),
  origins: z.record(
    z.string(),
    z.object({ from: z.enum(["declared", "learned"]), evidence: z.string() }),
  ),
}) satisfies z.ZodType<Partial<WorkflowSettings>>;

async function fromServer(url: string | undefined): Promise<readonly Learned[]> {
  const server = serverUrl(url);
  const { workflows } = Overview.parse(await requestJson(server, "/api/overview"));
  return await Promise.all(
    workflows.map(async ({ name, environment, runs }) => {
      const path = `/api/workflows/${encodeURIComponent(name)}/${encodeURIComponent(environment)}/settings`;
      const settings = Settings.parse(await requestJson(server, path));
      return { workflow: name, environment, runs, settings: { ...noSettings, ...settings } };
    }),
  );
}

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
