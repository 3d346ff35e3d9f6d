import type { Command } from "commander";
import { OperatorError } from "../output.ts";
import { listRulings, rule, rulingCommand } from "../ruling.ts";
import type { RulingOptions } from "../ruling.ts";

export function register(program: Command): void {
  rulingCommand(
    program,
    "confirm",
    "says that a run's failure began at a step; --list shows what was confirmed and rejected",
  )
    .option(
      "--list",
      "every ruling, the latest first; with --json as rootward diagnose --rulings reads them",
    )
    .action(confirm);
}

async function confirm(
  run: string | undefined,
  step: string | undefined,
  options: RulingOptions,
): Promise<void> {
  if (options.list !== true) return await rule("confirmed", [run, step], options);
  if (run !== undefined)
    throw new OperatorError(`--list and the run ${run} together: give one of them`, 2);
  await listRulings(options);
}
