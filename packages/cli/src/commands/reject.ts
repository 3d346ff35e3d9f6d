import type { Command } from "commander";
import { rule, rulingCommand } from "../ruling.ts";
import type { RulingOptions } from "../ruling.ts";

export function register(program: Command): void {
  rulingCommand(
    program,
    "reject",
    "says that a run's failure did not begin at a step: the next one is suggested",
  ).action((run: string | undefined, step: string | undefined, options: RulingOptions) =>
    rule("rejected", [run, step], options),
  );
}
