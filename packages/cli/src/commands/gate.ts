import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import { loadCases } from "../case-store.ts";
import type { CaseStore } from "../case-store.ts";
import { configFolder, loadConfig } from "../config.ts";
import type { LoadedConfig } from "../config.ts";
import { git } from "../git.ts";
import { mergeFiles, shardOption } from "../gate-merge.ts";
import type { Shard } from "../gate-merge.ts";
import { amountOption, changedOption, severityOption, targetOption } from "../gate-options.ts";
import { outputFiles, withheld, writeOutputs } from "../gate-outputs.ts";
import type { OutputOptions } from "../gate-outputs.ts";
import { runCases } from "../gate-run.ts";
import { knownBadProblems } from "../known-bad.ts";
import { writeLock } from "../lock-file.ts";
import { note, OperatorError, printLine } from "../output.ts";
import { compareWithBase } from "../ratchet.ts";
import { openResults } from "../results-store.ts";
import { today } from "../today.ts";

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
  readonly shard?: string;
  readonly merge?: readonly string[];
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
    .option("--shard <i/n>", "try only this part of the cases; --merge decides on all parts")
    .option("--merge <files...>", "try nothing: decide on what the shards wrote with --json")
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
    .action((options: GateOptions) => runGate(withheld(options)));
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
  const shard = shardOption(options.shard);
  const all = loadCases(folder);
  const ratchet = compareWithBase(all, loaded, today(), options.base);
  const store = { ...selected(all, options.case), overrides: ratchet.overrides };
  const unfailed = [...(await knownBadProblems(store, ratchet.loaded)), ...trackedResults(loaded)];
  for (const warning of ratchet.warnings) note(`rootward: ${warning}`);
  if (options.merge !== undefined) {
    refuseBeside(options, shard);
    const problems = [...store.problems, ...ratchet.problems, ...unfailed];
    return await finish(mergeFiles(options.merge, store, problems, ratchet.loaded), all, options);
  }
  const { verdict, lock } = await runCases({
    ...spendingOf(options, loaded),
    loaded: ratchet.loaded,
    all,
    store,
    problems: [...ratchet.problems, ...unfailed],
    results: openResults(configFolder(loaded), () => new Date()),
    base: ratchet.base,
    writes: outputFiles(options),
    severities: severityOption(options.severity),
    changed: changedOption(options.changed),
    isEverything: options.all === true || options.case !== undefined,
    shard,
  });
  await finish(verdict, all, options);
  if (options.updateLock === true) printLine(`wrote ${writeLock(folder, lock)}`);
}

/** Stored trials that a change brings along would stand for trials of the candidate that nobody ran. */
function trackedResults(loaded: LoadedConfig): readonly string[] {
  const kept = git("ls-files", "--", join(configFolder(loaded), ".rootward"));
  const [first] = (kept ?? "").split("\n").filter(Boolean);
  return first === undefined
    ? []
    : [`${first} is in git: each machine keeps its own (git rm -r --cached .rootward)`];
}

/** A merge decides on what was tried: whatever chooses or tries cases does not go with it. */
function refuseBeside(options: GateOptions, shard: Shard | null): void {
  const { case: id, severity, changed, all, updateLock, accumulate } = options;
  const others = {
    "--shard": shard,
    "--case": id,
    "--severity": severity,
    "--changed": changed,
    "--all": all,
    "--update-lock": updateLock,
    "--accumulate": accumulate,
  };
  const beside = Object.entries(others).find(([, value]) => value !== undefined && value !== null);
  if (beside) throw new OperatorError(`--merge and ${beside[0]} do not go together`, 2);
}

async function finish(verdict: GateVerdict, store: CaseStore, options: GateOptions): Promise<void> {
  // First: a reader that closes the pipe ends the process, and must not end it green.
  process.exitCode = options.advisory ? 0 : verdict.exitCode;
  await writeOutputs(verdict, store, options);
}
