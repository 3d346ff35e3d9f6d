import { resolve } from "node:path";
import type { Command } from "commander";
import { loadCases } from "../case-store.ts";
import { loadConfig } from "../config.ts";
import { OperatorError, plain, printLine } from "../output.ts";
import { tryCases } from "../trying.ts";

interface RunOptions {
  readonly dir: string;
  readonly trials: string;
  readonly config?: string;
}

/** Adds `rootward cases run`. */
export function registerRun(cases: Command): void {
  cases
    .command("run")
    .argument("<case>", "EC-…, a draft or a retired one too")
    .description(
      "Tries one case on its agent, whatever its severity: exit 0 if every trial passes.",
    )
    .option("--trials <n>", "1 to 200; the first that fails ends it", "1")
    .option("--dir <folder>", "where the cases are", "evals")
    .option("--config <file>", "rootward.yaml to use")
    .action(runCase);
}

async function runCase(id: string, options: RunOptions): Promise<void> {
  const n = Number(options.trials);
  if (!Number.isInteger(n) || n < 1 || n > 200) {
    throw new OperatorError(`--trials is "${options.trials}"; expected 1 to 200`, 2);
  }
  const loaded = loadConfig(options.config);
  const store = loadCases(resolve(options.dir));
  const found = store.cases.find(({ evalCase }) => evalCase.id === id);
  if (!found) {
    const known = store.cases.map(({ evalCase }) => evalCase.id).join(", ") || "none";
    const also = store.problems[0] === undefined ? "" : `; ${store.problems[0]}`;
    throw new OperatorError(`no case ${id} in ${options.dir}; there: ${known}${also}`, 2);
  }
  const evalCase = {
    ...found.evalCase,
    status: "active" as const,
    trials: { policy: "must_hold" as const, n },
  };
  const verdict = await tryCases(
    {
      cases: [{ ...found, evalCase }],
      overrides: [],
      problems: [],
      onProgress: () => undefined,
    },
    loaded,
  );
  const [result] = verdict.cases;
  for (const trial of result?.trialResults ?? []) {
    printLine(`trial ${trial.index + 1}   ${trial.outcome}   ${trial.durationMs.toFixed(0)} ms`);
    for (const { kind, assertion, why } of trial.grades) {
      printLine(`    ${kind.padEnd(5)} ${assertion}: ${plain(why)}`);
    }
    if (trial.grades.length === 0) printLine(`    ${plain(trial.why)}`);
  }
  const passed = result?.verdict === "pass";
  printLine(`${id}: ${result?.verdict ?? "undecided"}`);
  process.exitCode = passed ? 0 : 1;
}
