import type { Command } from "commander";

export function register(program: Command): void {
  program
    .command("changes")
    .description("what changed outside the runs: deploys, prompts, models, indexes");
}
