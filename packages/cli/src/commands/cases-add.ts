import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { caseIdOf } from "@rootward/pipeline/evals/generate";
import type { Asked, Generated } from "@rootward/pipeline/evals/generate";
import { nameOf } from "@rootward/pipeline/evals/grade";
import { writeCase } from "@rootward/pipeline/evals/casefile";
import type { DraftRubric } from "@rootward/pipeline/evals/draft-rubric";
import { failureClasses } from "@rootward/pipeline/model/evalcase";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { severities } from "@rootward/pipeline/model/evalfields";
import { generate } from "@rootward/pipeline/pipeline";
import { serverUrl } from "../api.ts";
import { reasonOf } from "../case-files.ts";
import { declaredHere } from "../case-material.ts";
import { materialFromServer } from "../case-source.ts";
import type { CaseMaterial } from "../case-source.ts";
import { materialFromPaths } from "../case-paths.ts";
import { writeSchemas } from "../case-schemas.ts";
import { casesOfCluster } from "../case-store.ts";
import { writeTapes } from "../case-tapes.ts";
import { tellCase } from "../case-tell.ts";
import { newChecker } from "../checker.ts";
import { loadConfig } from "../config.ts";
import { oneOf } from "../one-of.ts";
import { counted, note, OperatorError, printLine } from "../output.ts";
import { personOf } from "../person.ts";
import { programVersion } from "../version.ts";
import { today } from "../today.ts";

interface AddOptions {
  readonly url?: string;
  readonly from?: readonly string[];
  readonly changes?: string;
  readonly dir: string;
  readonly severity?: string;
  readonly class?: string;
  readonly grader?: string;
  readonly why?: string;
  readonly by?: string;
  readonly agent?: string;
  readonly config?: string;
}

/** Adds `rootward cases add`. */
export function registerAdd(cases: Command): void {
  cases
    .command("add")
    .argument("<cluster>", "CL-…, as `rootward clusters` lists them")
    .description("Writes one eval case for a cluster, proven on its runs and on clean ones.")
    .option("--from <path...>", "OTLP files or folders instead of a server")
    .option("--changes <file>", "with --from: a JSON file of changes")
    .option("--url <url>", "the server to ask")
    .option("--dir <folder>", "where cases and cassettes go", "evals")
    .option("--severity <P0|P1|P2>", "raise the severity that the failure class demands")
    .option(
      "--class <class>",
      `what the failure endangers, where a person knows better; needs --why: ${failureClasses.join(", ")}`,
    )
    .option(
      "--grader <assertion|judge>",
      "code or a model; else by the failure class and the proof",
    )
    .option("--why <text>", "why a second case of the cluster, or another class; kept in history")
    .option("--by <name>", "who adds and owns it; else git's user.name")
    .option("--agent <name>", "the agent under agents: in rootward.yaml that the gate runs")
    .option("--config <file>", "rootward.yaml to use")
    .action(addCase);
}

function agentOf(option: string | undefined, agents: readonly string[], workflow: string): string {
  if (option !== undefined || agents.includes(workflow)) return option ?? workflow;
  return agents.length === 1 ? (agents[0] ?? workflow) : workflow;
}

async function addCase(id: string, options: AddOptions): Promise<void> {
  const { config } = loadConfig(options.config);
  const severity = oneOf("--severity", options.severity, severities);
  const asked = askedOf(options);
  const folder = resolve(options.dir);
  const url = options.from ? null : serverUrl(options.url);
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new OperatorError(`--dir ${options.dir} is a file; expected a folder`, 2);
  }
  // What is refused anyway is refused before anything is read.
  nthCase(folder, { id, aliases: [] }, asked.why);
  const found: CaseMaterial = options.from
    ? await materialFromPaths(id, options.from, options)
    : await materialFromServer(url ?? "", id);
  const material = declaredHere(found, config);
  const nth = nthCase(folder, material.cluster, asked.why);
  const result = await generate(
    {
      ...material,
      agent: agentOf(options.agent, Object.keys(config.agents ?? {}), material.cluster.workflow),
      today: today(),
      by: personOf(options.by),
      severity,
      version: programVersion(),
      asked: { ...asked, nth },
    },
    { checker: newChecker() },
  );
  if (!result.ok) throw new OperatorError(`no case for ${id}: ${result.why}`);
  const { generated } = result;
  refuseLowering(severity, generated);
  const file = writeFiles(folder, generated);
  report(generated, file, material);
  if (url !== null) await tellCase(url, generated.evalCase, file, writeCase(generated));
}

const reasonLeast = 10;

/** @throws OperatorError  exit code 2: an unknown word, a reason that is missing, too short or holds a secret */
function askedOf(options: AddOptions): Omit<Asked, "nth"> {
  const failureClass = oneOf("--class", options.class, failureClasses);
  const grader = oneOf("--grader", options.grader, ["assertion", "judge"] as const);
  if (failureClass !== null && options.why === undefined) {
    throw new OperatorError(`--class ${failureClass}: --why "…" is needed with it`, 2);
  }
  const why = options.why === undefined ? null : reasonOf("--why", options.why, reasonLeast);
  return { failureClass, grader, why };
}

/** Which case of its cluster it will be. A second one asks why. */
function nthCase(
  folder: string,
  cluster: { readonly id: string; readonly aliases: readonly string[] },
  why: string | null,
): number {
  const there = casesOfCluster(folder, [cluster.id, ...(cluster.aliases ?? [])]);
  const [first] = there;
  if (first === undefined) return 1;
  if (why === null) {
    throw new OperatorError(
      `${cluster.id} has its case already: ${first.file}; one cluster, one case, unless --why "…" says why it needs another`,
    );
  }
  const ids = new Set(there.map(({ id }) => id));
  let nth = 2;
  while (ids.has(caseIdOf(cluster.id, nth))) nth += 1;
  return nth;
}

function refuseLowering(
  asked: EvalCase["severity"] | null,
  { evalCase, classified }: Generated,
): void {
  if (asked === null || asked === evalCase.severity) return;
  throw new OperatorError(
    `--severity ${asked}: ${classified.failureClass} is at least ${classified.severity}; it may only be raised`,
    2,
  );
}

/** The cassette before the case: what stops in between leaves no case without its recordings. */
function writeFiles(folder: string, generated: Generated): string {
  const { evalCase, cassette, rubric } = generated;
  writeTapes(folder, evalCase.id, cassette);
  if (rubric !== null) writeRubricFiles(folder, rubric);
  mkdirSync(join(folder, "cases"), { recursive: true });
  writeSchemas(folder);
  const file = join(folder, "cases", `${evalCase.id}.yaml`);
  writeFileSync(file, writeCase(generated));
  return relative(process.cwd(), file);
}

function writeRubricFiles(folder: string, { id, text, labels }: DraftRubric): void {
  mkdirSync(join(folder, "rubrics"), { recursive: true });
  writeFileSync(join(folder, "rubrics", `${id}.md`), text);
  writeFileSync(join(folder, "rubrics", `${id}.labels.jsonl`), labels);
}

function report(
  { evalCase, classified, choice, rubric, chosen, lacks, ...generated }: Generated,
  file: string,
  material: CaseMaterial,
): void {
  const { cassette, redacted, fromClean, warnings } = generated;
  const { caught, members, accepted, clean } = chosen.validation;
  printLine(`${file}   ${evalCase.severity} (${classified.failureClass}: ${classified.reason})`);
  printLine(
    `assertions: ${evalCase.assert.map((assertion) => nameOf(assertion)).join(", ") || "none"}`,
  );
  printLine(`grader: ${choice.grader} (${choice.reason})`);
  printLine(`fails ${caught}/${members} members, passes ${accepted}/${clean} clean runs`);
  const own = cassette.length - fromClean;
  const recordings = [
    `${counted(own, "recorded call")} of the failing run`,
    ...(fromClean > 0
      ? [`${fromClean} of a clean run, for what the failing one never called`]
      : []),
    ...(redacted > 0 ? [`${redacted} personal values redacted`] : []),
  ];
  printLine(`cassette: ${recordings.join(", ")}`);
  if (evalCase.status === "active") printLine("active: it gates from now on. Next: rootward gate");
  else for (const lack of lacks) printLine(`draft: ${lack}`);
  if (rubric !== null) {
    const { bad, good } = rubric.labelled;
    printLine(
      `rubric: a draft in rubrics/${rubric.id}.md with ${bad} outputs labelled bad and ${good} good`,
    );
  }
  for (const warning of warnings) note(`rootward: ${warning}`);
  const unlike = material.clean.length - clean;
  if (unlike > 0) {
    note(
      `${counted(unlike, "run")} since the failures began did not fail, but show what broke the others: left out of the proof`,
    );
  }
  for (const { name, left, caught: some } of chosen.tried) {
    if (left !== null && some > 0) note(`left out ${name}: it ${left}`);
  }
}
