import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { select } from "@rootward/pipeline/evals/selection";
import { loadCases } from "../case-store.ts";
import type { CaseStore } from "../case-store.ts";
import { loadConfig } from "../config.ts";
import type { LoadedConfig } from "../config.ts";
import { amountOption, changedOption, severityOption, targetOption } from "../gate-options.ts";
import { outputFiles, writeOutputs } from "../gate-outputs.ts";
import type { OutputOptions } from "../gate-outputs.ts";
import { reportTo } from "../gate-report.ts";
import { newSession } from "../gate-session.ts";
import { writeLock } from "../lock-file.ts";
import { measure, watchParts } from "../measured.ts";
import { note, OperatorError, printLine, progress } from "../output.ts";
import { compareWithBase } from "../ratchet.ts";
import { openResults } from "../results-store.ts";
import { trialKeys } from "../trial-keys.ts";
import { tryCases } from "../trying.ts";

interface GateOptions extends OutputOptions {
  readonly base?: string;
  readonly case?: string;
  readonly severity?: string;
  readonly changed?: string;
  readonly all?: boolean;
  readonly updateLock?: boolean;
  readonly cache: boolean;
  readonly accumulate?: string | true;
  readonly budgetUsd?: string;
  readonly budgetMinutes?: string;
  readonly report?: string;
  readonly config?: string;
}

/** Adds `rootward gate`. */
export function register(program: Command): void {
  program
    .command("gate")
    .description("Tries every active case on the candidate agent and decides whether it may ship.")
    .option("--dir <folder>", "where cases, cassettes and overrides are", "evals")
    .option("--base <commit>", "compare the cases with those at the merge base with it")
    .option("--case <id>", "try this case alone; the verdict is about it alone")
    .option("--severity <list>", "only cases of these severities, such as P0,P1")
    .option(
      "--changed <types>",
      "what changed, instead of finding it out: model, prompt, tool_schema, retrieval_index, code",
    )
    .option("--all", "every active case, whatever changed")
    .option("--update-lock", "also write what the agents are made of now into agent.lock.json")
    .option("--no-cache", "try everything again, also what stands in .rootward/results.jsonl")
    .option(
      "--accumulate [share]",
      "go on with cases that pass until all trials of this candidate bound how often they fail (default: 0.05)",
    )
    .option("--budget-usd <dollars>", "try no more once so much is spent; the rest is undecided")
    .option("--budget-minutes <minutes>", "try no more after so long; the rest is undecided")
    .option("--advisory", "report, and exit 0 whatever the verdict")
    .option("--junit <file>", "also write JUnit XML")
    .option("--json <file>", "also write the verdict as JSON")
    .option("--code-quality <file>", "also write the findings as GitLab's Code Quality JSON")
    .option("--comment", "on GitHub: keep one comment on the pull request (GITHUB_TOKEN)")
    .option("--check", "on GitHub: make a check run of the commit (GITHUB_TOKEN)")
    .option("--report <url>", "tell a Rootward server of the verdict")
    .option("--config <file>", "rootward.yaml to use")
    .addHelpText(
      "after",
      "\nExit: 0 pass, 1 blocked, 2 override needed, 3 undecided, 4 store of cases invalid, 64 usage or configuration",
    )
    .action(runGate);
}

function selected(store: CaseStore, id: string | undefined): CaseStore {
  if (id === undefined) return store;
  const cases = store.cases.filter(({ evalCase }) => evalCase.id === id);
  if (cases.length > 0) return { ...store, cases };
  // It may stand in a file that cannot be read, which is then what is told.
  if (store.problems.length > 0) {
    const unread = `--case ${id}: no case of that id could be read`;
    return { ...store, cases, problems: [...store.problems, unread] };
  }
  const known = store.cases.map(({ evalCase }) => evalCase.id).join(", ") || "none";
  throw new OperatorError(`--case ${id}: no such case; there are ${known}`, 2);
}

function above({ path }: LoadedConfig): string {
  return path === null ? process.cwd() : dirname(path);
}

/** What may be reused, how far to go, what may be spent. */
function spendingOf(options: GateOptions, { config: { budget } }: LoadedConfig) {
  const target = targetOption(options.accumulate);
  return {
    target,
    usesCache: options.cache && target === null,
    budget: {
      usd: amountOption("--budget-usd", options.budgetUsd) ?? budget?.usd ?? null,
      minutes: amountOption("--budget-minutes", options.budgetMinutes) ?? budget?.minutes ?? null,
    },
  };
}

async function runGate(options: GateOptions): Promise<void> {
  const loaded = loadConfig(options.config);
  const folder = resolve(options.dir);
  if (!existsSync(folder) && options.dir !== "evals") {
    throw new OperatorError(`--dir ${options.dir} does not exist`, 2);
  }
  const all = loadCases(folder);
  const store = selected(all, options.case);
  const ratchet = compareWithBase(all, options.base);
  const severities = severityOption(options.severity);
  const measured = await measure(loaded, all.cases, {
    folder,
    base: options.base,
    writes: outputFiles(options),
    changed: changedOption(options.changed),
    all: options.all === true || options.case !== undefined,
  });
  const { chosen, skipped } = select(store.cases, { ...measured, severities });
  const watch = watchParts(measured);
  const results = openResults(above(loaded), () => new Date());
  const session = newSession({
    ...spendingOf(options, loaded),
    loaded,
    cases: chosen,
    overrides: store.overrides,
    results,
    keyOf: trialKeys(loaded, folder, measured),
    isDeclared: measured.isDeclared,
    onDecided: watch.see,
  });
  for (const warning of [...ratchet.warnings, ...measured.warnings]) note(`rootward: ${warning}`);
  const bar = progress(`trying ${chosen.length} cases`);
  try {
    const decided = await tryCases(
      {
        cases: session.cases,
        known: all.cases.map(({ evalCase }) => evalCase),
        overrides: session.overrides,
        problems: [...store.problems, ...ratchet.problems, ...measured.problems],
        skipped,
        changes: measured.changes,
        identityFor: measured.identityFor,
        tryCase: session.tryCase,
        onProgress: (done, of) => bar.update(done, of),
      },
      loaded,
    );
    bar.end();
    const verdict = session.told(decided);
    for (const warning of results.warnings()) note(`rootward: ${warning}`);
    if (options.report !== undefined) await reportTo(options.report, verdict, folder);
    await writeOutputs(verdict, [], options);
    if (options.updateLock === true) printLine(`wrote ${writeLock(folder, watch.lock())}`);
    process.exitCode = options.advisory ? 0 : verdict.exitCode;
  } finally {
    bar.end();
  }
}
