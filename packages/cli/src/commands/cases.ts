import { resolve } from "node:path";
import type { Command } from "commander";
import { loadCases } from "../case-store.ts";
import { note, printJson, printLine } from "../output.ts";
import { registerActivate } from "./cases-activate.ts";
import { registerAdd } from "./cases-add.ts";
import { registerCalibrate } from "./cases-calibrate.ts";
import { registerClose } from "./cases-close.ts";
import { registerExport } from "./cases-export.ts";
import { registerImport } from "./cases-import.ts";
import { registerNew } from "./cases-new.ts";
import { registerRun } from "./cases-run.ts";
import { registerSync } from "./cases-sync.ts";

/** Adds `rootward cases`. */
export function register(program: Command): void {
  const cases = program
    .command("cases")
    .description("Eval cases: one per cluster, files in your repository.");
  registerAdd(cases);
  registerNew(cases);
  registerActivate(cases);
  registerRun(cases);
  registerClose(cases);
  cases
    .command("list")
    .description("Lists the cases of the folder.")
    .option("--dir <folder>", "where the cases are", "evals")
    .option("--json", "as JSON")
    .action(listCases);
  registerExport(cases);
  registerImport(cases);
  registerSync(cases);
  registerCalibrate(cases);
}

function listCases({ dir, json }: { readonly dir: string; readonly json?: boolean }): void {
  const store = loadCases(resolve(dir));
  const rows = store.cases.map(({ evalCase, file }) => ({
    id: evalCase.id,
    severity: evalCase.severity,
    status: evalCase.status,
    title: evalCase.title,
    cluster: evalCase.provenance.cluster ?? null,
    file,
  }));
  if (json) printJson({ cases: rows, problems: store.problems });
  else {
    for (const { id, severity, status, title, file } of rows) {
      printLine(`${severity}  ${id.padEnd(12)} ${status.padEnd(8)} ${title}   ${file}`);
    }
    for (const problem of store.problems) note(`rootward: ${problem}`);
  }
  if (store.problems.length > 0) process.exitCode = 1;
}
