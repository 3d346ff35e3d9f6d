import type { Command } from "commander";

export function register(program: Command): void {
  program.command("status").description("what was received, and how each workflow behaves");
}
