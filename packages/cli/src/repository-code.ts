import { dirname, resolve } from "node:path";
import { durationMs } from "@rootward/pipeline/model/evalfields";
import { policy } from "@rootward/pipeline/model/policy";
import type { CodeAnswer, ValidatorCode } from "@rootward/pipeline/model/checker";
import { killGroup, runProgram } from "./program.ts";
import type { Ended } from "./program.ts";

function errs(why: string): CodeAnswer {
  return { kind: "error", why };
}

/**
 * Runs a validator of the repository, a command or a module, in a process of its own with a time limit.
 *
 * @returns error where it could not be started, ran out of time, was ended by a signal or answered nothing that can be understood
 */
export async function runValidator(
  { run, module, timeout }: ValidatorCode,
  output: { readonly text: string; readonly value: unknown },
  caseFile: string,
): Promise<CodeAnswer> {
  const timeoutMs = durationMs(timeout ?? "") ?? policy("validatorTimeoutMs");
  if (module !== undefined)
    return await runModule({ path: module, given: [output.value], caseFile, timeoutMs });
  return commandAnswer(
    await runCode({ command: run ?? [], input: output.text, caseFile, timeoutMs }),
    timeoutMs,
  );
}

interface ModuleCall {
  /** From the case file's folder. */
  readonly path: string;
  /** The arguments of its default export. */
  readonly given: readonly unknown[];
  readonly caseFile: string;
  readonly timeoutMs?: number;
}

/** Runs in the module's process: what it prints goes to standard error, so that the last line of standard output is its answer. */
const runner = `
import { pathToFileURL } from "node:url";
const say = process.stdout.write.bind(process.stdout);
console.log = console.info = console.debug = console.error;
let body = "";
for await (const chunk of process.stdin.setEncoding("utf8")) body += chunk;
const { path, given } = JSON.parse(body);
const answer = await (async () => {
  try {
    const { default: code } = await import(pathToFileURL(path).href);
    if (typeof code !== "function") return { wrong: "has no function as its default export" };
    return { said: (await code(...given)) ?? null };
  } catch (error) {
    return { wrong: "threw " + (error instanceof Error ? error.name + ": " + error.message : String(error)) };
  }
})();
let text;
try {
  text = JSON.stringify(answer);
} catch {
  text = JSON.stringify({ wrong: "gave an answer that is no JSON" });
}
say("\\n" + text + "\\n", () => process.exit(0));
`;

/**
 * Calls the default export of a module of the repository in a process of its own, with a time limit.
 *
 * @returns what its boolean, or its `{pass, reason}`, says; error for everything else: it threw, hung, ended or said something else
 */
export async function runModule({
  path,
  given,
  caseFile,
  timeoutMs = policy("validatorTimeoutMs"),
}: ModuleCall): Promise<CodeAnswer> {
  const ended = await runCode({
    command: [process.execPath, "--input-type=module", "-e", runner],
    input: JSON.stringify({ path: resolve(dirname(caseFile), path), given }),
    caseFile,
    timeoutMs,
  });
  const early = withoutAnswer(ended, timeoutMs);
  if (early !== null) return errs(`${path} ${early}`);
  const answer = answerOf(ended);
  if (typeof answer === "string") return errs(`${path} ${answer}`);
  const { pass, reason } = answer;
  return { kind: pass ? "pass" : "fail", why: reason ?? `${path} ${pass ? "passes" : "fails"} it` };
}

interface Code {
  readonly command: readonly string[];
  readonly input: string;
  readonly caseFile: string;
  readonly timeoutMs: number;
}

async function runCode({ command, input, caseFile, timeoutMs }: Code): Promise<Ended> {
  const folder = dirname(resolve(caseFile));
  const ended = await runProgram({ command, folder, environment: process.env, input, timeoutMs });
  killGroup(ended.pid);
  return ended;
}

/** Why a program that ran gave no answer of its own; null where it ended by itself. */
function withoutAnswer(ended: Ended, timeoutMs: number): string | null {
  switch (ended.how) {
    case "not_started":
      return `could not be started: ${ended.complaint}`;
    case "timeout":
      return `did not end within ${timeoutMs / 1_000} s and was stopped`;
    case "flood":
      return `wrote more than ${policy("candidateStdoutBytes")} bytes and was stopped`;
    case "exit":
      return ended.code === null ? "was ended by a signal" : null;
  }
}

/** Exit codes by which a shell says that it could not run a command. */
const notRun = [126, 127];

function commandAnswer(ended: Ended, timeoutMs: number): CodeAnswer {
  const [said = ""] = ended.output.trim().split("\n");
  const why = said || ended.complaint || `it ended with exit ${ended.code}`;
  const early = withoutAnswer(ended, timeoutMs);
  if (early !== null) return errs(early);
  if (ended.code !== null && notRun.includes(ended.code))
    return errs(`could not be started: ${why}`);
  return { kind: ended.code === 0 ? "pass" : "fail", why: why.slice(0, 300) };
}

const accepted = "expected true or false, or {pass: true or false, reason}";

function answerOf(ended: Ended): { pass: boolean; reason: string | null } | string {
  const last = ended.output.trimEnd().split("\n").at(-1) ?? "";
  const complaint = ended.complaint === "" ? "" : `: ${ended.complaint}`;
  if (ended.code !== 0) return `gave no answer (exit ${ended.code})${complaint}; ${accepted}`;
  let answer: unknown;
  try {
    answer = JSON.parse(last);
  } catch {
    return `gave no answer (exit ${ended.code})${complaint}; ${accepted}`;
  }
  if (typeof answer !== "object" || answer === null) return `gave no answer; ${accepted}`;
  if ("wrong" in answer) return String(answer.wrong).slice(0, 300);
  const said: unknown = "said" in answer ? answer.said : undefined;
  if (typeof said === "boolean") return { pass: said, reason: null };
  if (typeof said === "object" && said !== null && "pass" in said && typeof said.pass === "boolean")
    return { pass: said.pass, reason: reasonOf("reason" in said ? said.reason : undefined) };
  return `said ${(JSON.stringify(said) ?? "nothing").slice(0, 80)}; ${accepted}`;
}

function reasonOf(reason: unknown): string | null {
  return typeof reason === "string" && reason.trim() !== "" ? reason.trim().slice(0, 300) : null;
}
