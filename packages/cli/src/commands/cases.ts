import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { caseIdOf } from "@rootward/pipeline/evals/generate";
import type { Generated } from "@rootward/pipeline/evals/generate";
import { nameOf } from "@rootward/pipeline/evals/grade";
import { writeCase } from "@rootward/pipeline/evals/casefile";
import { severities } from "@rootward/pipeline/model/evalfields";
import type { Severity } from "@rootward/pipeline/model/evalfields";
import type { RootwardConfig } from "@rootward/pipeline/model/workflow";
import { generate } from "@rootward/pipeline/pipeline";
import { request, serverUrl } from "../api.ts";
import { loadCases } from "../case-store.ts";
import { materialFromServer } from "../case-source.ts";
import type { CaseMaterial } from "../case-source.ts";
import { materialFromPaths } from "../case-paths.ts";
import { writeSchemas } from "../case-schemas.ts";
import { writeTapes } from "../case-tapes.ts";
import { newChecker } from "../checker.ts";
import { loadConfig } from "../config.ts";
import { personOf } from "../person.ts";
import { programVersion } from "../version.ts";
import { counted, messageOf, note, OperatorError, printJson, printLine } from "../output.ts";
import { registerExport } from "./cases-export.ts";
import { registerImport } from "./cases-import.ts";

interface AddOptions {
  readonly url?: string;
  readonly from?: readonly string[];
  readonly changes?: string;
  readonly dir: string;
  readonly severity?: string;
  readonly by?: string;
  readonly agent?: string;
  readonly config?: string;
}

/** Adds `rootward cases`. */
export function register(program: Command): void {
  const cases = program
    .command("cases")
    .description("Eval cases: one per cluster, files in your repository.");
  cases
    .command("add")
    .argument("<cluster>", "CL-…, as `rootward clusters` lists them")
    .description("Writes one eval case for a cluster, proven on its runs and on clean ones.")
    .option("--from <path...>", "OTLP files or folders instead of a server")
    .option("--changes <file>", "with --from: a JSON file of changes")
    .option("--url <url>", "the server to ask")
    .option("--dir <folder>", "where cases and cassettes go", "evals")
    .option("--severity <P0|P1|P2>", "raise the severity that the failure class demands")
    .option("--by <name>", "who adds and owns it; else git's user.name")
    .option("--agent <name>", "the agent under agents: in rootward.yaml that the gate runs")
    .option("--config <file>", "rootward.yaml to use")
    .action(addCase);
  cases
    .command("list")
    .description("Lists the cases of the folder.")
    .option("--dir <folder>", "where the cases are", "evals")
    .option("--json", "as JSON")
    .action(listCases);
  registerExport(cases);
  registerImport(cases);
}

function severityOf(text: string | undefined): Severity | null {
  if (text === undefined) return null;
  const found = severities.find((severity) => severity === text);
  if (found) return found;
  throw new OperatorError(`--severity is "${text}"; accepted are ${severities.join(", ")}`, 2);
}

function agentOf(option: string | undefined, agents: readonly string[], workflow: string): string {
  if (option !== undefined || agents.includes(workflow)) return option ?? workflow;
  return agents.length === 1 ? (agents[0] ?? workflow) : workflow;
}

async function addCase(id: string, options: AddOptions): Promise<void> {
  const { config } = loadConfig(options.config);
  const severity = severityOf(options.severity);
  const folder = resolve(options.dir);
  const url = options.from ? null : serverUrl(options.url);
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new OperatorError(`--dir ${options.dir} is a file; expected a folder`, 2);
  }
  const found: CaseMaterial = options.from
    ? await materialFromPaths(id, options.from, options)
    : await materialFromServer(url ?? "", id);
  const material = declaredHere(found, config);
  refuseDouble(folder, material);
  const result = await generate(
    {
      ...material,
      agent: agentOf(options.agent, Object.keys(config.agents ?? {}), material.cluster.workflow),
      today: new Date().toISOString().slice(0, 10),
      by: personOf(options.by),
      severity,
      version: programVersion(),
    },
    { checker: newChecker() },
  );
  if (!result.ok) throw new OperatorError(`no case for ${id}: ${result.why}`);
  const { generated } = result;
  refuseLowering(severity, generated);
  const file = writeFiles(folder, generated);
  report(generated, file);
  const unlike = material.clean.length - generated.chosen.validation.clean;
  if (unlike > 0) {
    note(
      `${counted(unlike, "run")} since the failures began did not fail, but show what broke the others: left out of the proof`,
    );
  }
  if (url !== null) await tell(url, generated, file);
}

/**
 * What the repository declares of the workflow wins over what the server knows: it may have been started elsewhere. Severity rests on it.
 */
function declaredHere(material: CaseMaterial, { workflows }: RootwardConfig): CaseMaterial {
  const declared = workflows?.[material.cluster.workflow];
  if (declared === undefined) return material;
  const { compliance, safety, forbiddenTools } = material.settings;
  return {
    ...material,
    settings: {
      ...material.settings,
      compliance: declared.compliance ?? compliance,
      safety: declared.safety ?? safety,
      forbiddenTools: declared.forbidden_tools ?? forbiddenTools,
    },
  };
}

function refuseLowering(asked: Severity | null, { evalCase, classified }: Generated): void {
  if (asked === null || asked === evalCase.severity) return;
  throw new OperatorError(
    `--severity ${asked}: ${classified.failureClass} is at least ${classified.severity}; it may only be raised`,
    2,
  );
}

function refuseDouble(folder: string, { cluster }: CaseMaterial): void {
  const caseId = caseIdOf(cluster);
  const existing = existsSync(join(folder, "cases"))
    ? readdirSync(join(folder, "cases")).find((name) => name.startsWith(caseId))
    : undefined;
  if (existing !== undefined) {
    const path = relative(process.cwd(), join(folder, "cases", existing));
    throw new OperatorError(`${cluster.id} has its case already: ${path}; one cluster, one case`);
  }
}

/** The cassette before the case: what stops in between leaves no case without its recordings. */
function writeFiles(folder: string, generated: Generated): string {
  const { evalCase, cassette } = generated;
  writeTapes(folder, evalCase.id, cassette);
  mkdirSync(join(folder, "cases"), { recursive: true });
  writeSchemas(folder);
  const file = join(folder, "cases", `${evalCase.id}.yaml`);
  writeFileSync(file, writeCase(generated));
  return relative(process.cwd(), file);
}

function report(
  { evalCase, classified, chosen, lacks, cassette, redacted, fromClean }: Generated,
  file: string,
): void {
  const { caught, members, accepted, clean } = chosen.validation;
  printLine(`${file}   ${evalCase.severity} (${classified.failureClass}: ${classified.reason})`);
  printLine(
    `assertions: ${evalCase.assert.map((assertion) => nameOf(assertion)).join(", ") || "none"}`,
  );
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
  for (const { name, left, caught: some } of chosen.tried) {
    if (left !== null && some > 0) note(`left out ${name}: it ${left}`);
  }
}

/** The file is the truth and stands: a server that cannot be told costs its mark on the cluster, not the case. */
async function tell(url: string, generated: Generated, file: string): Promise<void> {
  const { id, severity, status, provenance } = generated.evalCase;
  const told = {
    id,
    cluster: provenance.cluster,
    file,
    severity,
    status,
    text: writeCase(generated),
  };
  try {
    await request(url, "/api/cases", { cases: [told] });
  } catch (error) {
    note(`rootward: the case is written, but the server was not told of it: ${messageOf(error)}`);
  }
}

function listCases({ dir, json }: { readonly dir: string; readonly json?: boolean }): void {
  const store = loadCases(resolve(dir));
  const rows = store.cases.map(({ evalCase, file }) => ({
    id: evalCase.id,
    severity: evalCase.severity,
    status: evalCase.status,
    title: evalCase.title,
    cluster: evalCase.provenance.cluster ?? null,
    file,
  }));
  if (json) printJson({ cases: rows, problems: store.problems });
  else {
    for (const { id, severity, status, title, file } of rows) {
      printLine(`${severity}  ${id.padEnd(12)} ${status.padEnd(8)} ${title}   ${file}`);
    }
    for (const problem of store.problems) note(`rootward: ${problem}`);
  }
  if (store.problems.length > 0) process.exitCode = 1;
}
