import { Command, CommanderError } from "commander";
import { PortError } from "@rootward/pipeline/errors";
import { gateExitCodes } from "@rootward/pipeline/model/exit-codes";
import { OperatorError, messageOf } from "./output.ts";
import { programVersion } from "./version.ts";

interface CommandModule {
  readonly register: (program: Command) => void;
}

/** One file a command, loaded only when it is asked for: `rootward inspect` must not wait for the rest. */
const commands = {
  inspect: () => import("./commands/inspect.ts"),
  doctor: () => import("./commands/doctor.ts"),
  init: () => import("./commands/init.ts"),
  diagnose: () => import("./commands/diagnose.ts"),
  clusters: () => import("./commands/clusters.ts"),
  show: () => import("./commands/show.ts"),
  confirm: () => import("./commands/confirm.ts"),
  reject: () => import("./commands/reject.ts"),
  serve: () => import("./commands/serve.ts"),
  import: () => import("./commands/import.ts"),
  status: () => import("./commands/status.ts"),
  reprocess: () => import("./commands/reprocess.ts"),
  changes: () => import("./commands/changes.ts"),
  baseline: () => import("./commands/baseline.ts"),
  sql: () => import("./commands/sql.ts"),
  cases: () => import("./commands/cases.ts"),
  gate: () => import("./commands/gate.ts"),
  override: () => import("./commands/override.ts"),
  "mcp-proxy": () => import("./commands/mcp-proxy.ts"),
  review: () => import("./commands/review.ts"),
  demo: () => import("./commands/demo.ts"),
} satisfies Record<string, () => Promise<CommandModule>>;

/** Usage errors: 2; of the gate, and of what is no command (a mistyped gate), 64, because 1 to 4 are verdicts. Source: evals.md 3.1. */
function usageExitCode(command: string | undefined): number {
  return command === "gate" || (command !== undefined && !Object.hasOwn(commands, command))
    ? 64
    : 2;
}

function newProgram(): Command {
  return new Command("rootward")
    .description(
      "Turns every production failure of an AI agent into a constraint on its next deploy.",
    )
    .version(programVersion(), "-V, --version")
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError();
}

function exitCodeOf(error: unknown, command: string | undefined): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : usageExitCode(command);
  }
  if (error instanceof OperatorError) {
    return error.exitCode === 2 ? usageExitCode(command) : error.exitCode;
  }
  return command === "gate" ? gateExitCodes.undecided : 1;
}

function report(error: unknown): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0 || error.code === "commander.help") return;
    process.stderr.write(`rootward: ${messageOf(error).replace(/^error: /, "")}\n`);
    return;
  }
  process.stderr.write(`rootward: ${messageOf(error)}\n`);
  const expected = error instanceof OperatorError || error instanceof PortError;
  if ((!expected || process.env["ROOTWARD_DEBUG"]) && error instanceof Error && error.stack) {
    process.stderr.write(`${error.stack}\n`);
  }
}

/** Runs one command line and gives its exit code; a command that has a verdict of its own sets `process.exitCode`. */
async function main(args: readonly string[]): Promise<number> {
  const name = args.find((argument) => !argument.startsWith("-"));
  const asked = Object.entries(commands).filter(([command]) => command === name);
  const program = newProgram();
  try {
    const modules = asked.length > 0 ? asked : Object.entries(commands);
    for (const [, load] of modules) (await load()).register(program);
    for (const command of program.commands) inherit(command);
    await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    report(error);
    return exitCodeOf(error, name);
  }
}

/** Commands made by `program.command()` copy these; those made apart and added do not. */
function inherit(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const child of command.commands) inherit(child);
}

// A reader that has seen enough (`rootward sql … | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
