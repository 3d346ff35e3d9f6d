import type { Command } from "commander";

export function register(program: Command): void {
  program.command("sql").description("one SELECT over the documented views");
}
