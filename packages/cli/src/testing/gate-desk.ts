import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { stringify } from "yaml";
import { register } from "../commands/gate.ts";
import { OperatorError } from "../output.ts";
import { deskProject } from "./desk.ts";
import type { deskCase } from "./desk.ts";

/** How the candidate is declared where everything about it is. Its model is told by `AGENT_MODEL`, its prompt is a file. */
const declaredIdentity = {
  model_env: "AGENT_MODEL",
  prompts: ["prompts/**/*.md"],
  tool_schemas: [],
  retrieval_index: "none",
  env: ["DESK"],
};

interface GateDesk {
  readonly folder: string;
  write(file: string, content: string | object): void;
  read(file: string): string;
  git(...args: readonly string[]): string;
  /** `rootward gate`, with the mode in which the agent answers. */
  gate(
    mode: "honest" | "invents" | "silent",
    args?: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): Promise<{ readonly code: number | null; readonly text: string }>;
}

/** A repository in small whose cases stand on `main`, with a branch checked out; the agent answers as `DESK` says. */
export function gateDesk(
  folder: string,
  cases: readonly ReturnType<typeof deskCase>[],
  identity: object | null = declaredIdentity,
  config: object = {},
): GateDesk {
  deskProject(folder, "honest", cases);
  const write = (file: string, content: string | object) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), typeof content === "string" ? content : stringify(content));
  };
  const desk = {
    adapter: "command",
    run: [process.execPath, "agent.mjs"],
    timeout: "30s",
    tools: { lookup: { via: "http", base_url_env: "TOOLS" } },
    ...(identity && { identity }),
  };
  write("rootward.yaml", { agents: { desk }, ...config });
  write("prompts/system.md", "Answer by the rules of the house.\n");
  const git = (...args: readonly string[]) => {
    const person = ["-c", "user.name=Mira", "-c", "user.email=mira@example.com"];
    const ended = spawnSync("git", [...person, ...args], { cwd: folder, encoding: "utf8" });
    if (ended.status !== 0) throw new Error(ended.stderr);
    return ended.stdout.trim();
  };
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "cases");
  git("checkout", "-q", "-b", "change");
  return {
    folder,
    write,
    read: (file) => readFileSync(join(folder, file), "utf8"),
    git,
    gate: (mode, args = [], env = {}) => runGate(folder, args, { DESK: mode, ...env }),
  };
}

/** The command in this process: tests that use it run one after the other. */
async function runGate(folder: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const before = { cwd: process.cwd(), env: { ...process.env }, exitCode: process.exitCode };
  let text = "";
  const hear = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  const streams = [process.stdout, process.stderr].map(
    (stream) => [stream, stream.write.bind(stream)] as const,
  );
  try {
    process.chdir(folder);
    const quiet = { CI: "", GITHUB_ACTIONS: "", GITHUB_BASE_REF: "", GITHUB_STEP_SUMMARY: "" };
    Object.assign(process.env, quiet, { AGENT_MODEL: "luna" }, env);
    for (const [stream] of streams) stream.write = hear;
    const program = new Command().exitOverride();
    register(program);
    await program.parseAsync(["gate", ...args], { from: "user" });
    return { code: Number(process.exitCode ?? 0), text };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { code: error.exitCode === 2 ? 64 : error.exitCode, text: `${text}${error.message}` };
  } finally {
    for (const [stream, write] of streams) stream.write = write;
    process.chdir(before.cwd);
    process.env = before.env;
    process.exitCode = before.exitCode;
  }
}
