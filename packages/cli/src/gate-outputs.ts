import { appendFileSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { terminalReport } from "@rootward/pipeline/evals/report";
import { githubAnnotations } from "@rootward/pipeline/evals/report-annotations";
import { codeQualityReport } from "@rootward/pipeline/evals/report-code-quality";
import { junitReport } from "@rootward/pipeline/evals/report-junit";
import { markdownReport } from "@rootward/pipeline/evals/report-markdown";
import { placedProblem } from "@rootward/pipeline/evals/report-words";
import { policy } from "@rootward/pipeline/model/policy";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import type { CaseStore } from "./case-store.ts";
import { coverageOf } from "./coverage.ts";
import { reportTo } from "./gate-report.ts";
import { check } from "./github/check.ts";
import { comment } from "./github/comment.ts";
import { githubRun } from "./github/github-run.ts";
import type { GithubRun } from "./github/github-run.ts";
import { messageOf, note, OperatorError, printLine } from "./output.ts";
import { git } from "./git.ts";

/** Where the verdict goes beside the terminal, with what GitHub's variables were when the command began. */
export interface OutputOptions {
  /** The folder of cases, as it was typed. */
  readonly dir: string;
  readonly advisory?: boolean;
  readonly junit?: string;
  readonly json?: string;
  readonly codeQuality?: string;
  readonly comment?: boolean;
  readonly check?: boolean;
  readonly report?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** The options with the environment as it is, out of which the token is taken: the agent under test must not find it there. */
export function withheld<T extends OutputOptions>(options: T): T {
  if (options.comment !== true && options.check !== true) return options;
  const env = { ...process.env };
  delete process.env["GITHUB_TOKEN"];
  return { ...options, env };
}

/** The files that the outputs write: no part of what a candidate is made of. */
export function outputFiles({ json, junit, codeQuality }: OutputOptions): readonly string[] {
  return [json, junit, codeQuality].filter((file) => file !== undefined);
}

/** Annotations and GitLab know files by their paths from the top of the repository, wherever in it the gate ran. */
export function fromTop(verdict: GateVerdict, prefix: string): GateVerdict {
  if (prefix === "") return verdict;
  const moved = (file: string) => posix.join(prefix, file.replaceAll("\\", "/"));
  return {
    ...verdict,
    cases: verdict.cases.map((result) => ({ ...result, file: moved(result.file) })),
    problems: verdict.problems.map((problem) => {
      const { file } = placedProblem(problem);
      return file === null ? problem : `${moved(file)}${problem.slice(file.length)}`;
    }),
  };
}

/**
 * Writes the verdict wherever it is asked for: server, terminal, files, job summary, annotations, check run and comment. Every report
 * ends with what no case covers.
 *
 * @param store  the whole folder, also where one case alone was tried
 * @throws OperatorError  exit code 2: a file that was named cannot be written. What GitHub refuses is a warning.
 */
export async function writeOutputs(
  verdict: GateVerdict,
  store: CaseStore,
  options: OutputOptions,
): Promise<void> {
  if (options.report !== undefined) await reportTo(options.report, verdict, store.folder);
  const coverage = await coverageOf(store, verdict, options.report);
  printLine([terminalReport(verdict), ...coverage].join("\n"));
  if (options.advisory && verdict.exitCode !== 0)
    printLine("Advisory: exit 0 whatever the verdict.");
  const prefix = git("rev-parse", "--show-prefix") ?? "";
  const placed = fromTop(verdict, prefix);
  save(options.json, "--json", () => `${JSON.stringify(verdict, null, 2)}\n`);
  save(options.junit, "--junit", () => junitReport(verdict));
  save(options.codeQuality, "--code-quality", () =>
    codeQualityReport(placed, posix.join(prefix, options.dir)),
  );
  summarize(verdict, coverage);
  const isChecked = await tellGithub(placed, coverage, options);
  // A check run carries the annotations: twice they would only hide the code.
  if (process.env["GITHUB_ACTIONS"] === "true" && !isChecked) {
    for (const line of githubAnnotations(placed, policy("annotationsMost"))) printLine(line);
  }
}

function save(file: string | undefined, option: string, text: () => string): void {
  if (file === undefined) return;
  try {
    writeFileSync(file, text());
  } catch (error) {
    throw new OperatorError(`${option} ${file} cannot be written: ${messageOf(error)}`, 2);
  }
}

function summarize(verdict: GateVerdict, coverage: readonly string[]): void {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (!file) return;
  try {
    appendFileSync(file, markdownReport(verdict, coverage, policy("summaryBytes")));
  } catch (error) {
    note(`rootward: no job summary: ${messageOf(error)}`);
  }
}

/** Whether a check run was made. Nothing that GitHub says changes the verdict. */
async function tellGithub(
  verdict: GateVerdict,
  coverage: readonly string[],
  options: OutputOptions,
): Promise<boolean> {
  const told = { coverage, folder: options.dir, isAdvisory: options.advisory === true };
  const done = async (what: string, work: (run: GithubRun) => Promise<string>) => {
    try {
      note(`rootward: ${await work(githubRun(options.env ?? process.env))}`);
      return true;
    } catch (error) {
      note(`rootward: no ${what}: ${messageOf(error)}; the verdict stands`);
      return false;
    }
  };
  if (options.comment) await done("comment", (run) => comment(verdict, told, run));
  return options.check === true && (await done("check run", (run) => check(verdict, told, run)));
}
