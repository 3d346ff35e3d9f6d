import type { Command } from "commander";
import { lacking } from "@rootward/pipeline/model/activation";
import { regrade } from "@rootward/pipeline/evals/regrade";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { untouched } from "@rootward/pipeline/pipeline";
import { serverUrl } from "../api.ts";
import { caseFileOf, edited, saveCase } from "../case-files.ts";
import { materialFromPaths } from "../case-paths.ts";
import { materialFromServer } from "../case-source.ts";
import { tellCase } from "../case-tell.ts";
import { newChecker } from "../checker.ts";
import { OperatorError, printLine } from "../output.ts";
import { personOf } from "../person.ts";
import { today } from "../today.ts";

interface ActivateOptions {
  readonly dir: string;
  readonly from?: readonly string[];
  readonly changes?: string;
  readonly url?: string;
  readonly by?: string;
  readonly config?: string;
  readonly unproven?: boolean;
}

/** Adds `rootward cases activate`. */
export function registerActivate(cases: Command): void {
  cases
    .command("activate")
    .argument("<case>", "EC-…, a draft")
    .description(
      "Makes a draft gate, if its assertions as they stand prove themselves on past runs.",
    )
    .option("--from <path...>", "OTLP files or folders instead of a server")
    .option("--changes <file>", "with --from: a JSON file of changes")
    .option("--url <url>", "the server to ask")
    .option(
      "--unproven",
      "of a case that no run failed: it gates without any proof, and is shown so",
    )
    .option("--by <name>", "who activates it; else git's user.name")
    .option("--dir <folder>", "where the cases are", "evals")
    .option("--config <file>", "rootward.yaml to use")
    .action(activate);
}

async function activate(id: string, options: ActivateOptions): Promise<void> {
  const found = caseFileOf(options.dir, id);
  const { evalCase, file } = found;
  if (evalCase.status !== "draft") {
    throw new OperatorError(`${id} is ${evalCase.status}; only a draft is activated`, 2);
  }
  if (evalCase.grader === "judge") {
    throw new OperatorError(
      `${id} is graded by a judge: calibrate its rubric ${evalCase.judge?.rubric ?? ""}, then set status: active in ${file}`,
    );
  }
  const at = today();
  const by = personOf(options.by);
  const proof =
    evalCase.provenance.origin === "production"
      ? await provenOn(evalCase, file, options, at)
      : declared(evalCase, options);
  const active = edited(found, {
    status: "active",
    ...proof.edit,
    history: { at, by, change: "activated", why: proof.why },
  });
  saveCase(found, active);
  printLine(`${file}   active: ${proof.why}`);
  if (options.url !== undefined) {
    await tellCase(serverUrl(options.url), active.evalCase, file, active.text);
  }
}

interface Proof {
  readonly why: string;
  readonly edit: Parameters<typeof edited>[1];
}

/** @throws OperatorError  exit code 1: what it lacks to gate */
async function provenOn(
  evalCase: EvalCase,
  file: string,
  options: ActivateOptions,
  at: string,
): Promise<Proof> {
  const cluster = evalCase.provenance.cluster ?? "";
  const material = options.from
    ? await materialFromPaths(cluster, options.from, options)
    : await materialFromServer(serverUrl(options.url), cluster);
  const runs = { members: material.members, clean: untouched(material.cluster, material.clean) };
  const validation = await regrade(evalCase, runs, newChecker(), file);
  const lacks = lacking(validation);
  if (lacks.length > 0) {
    throw new OperatorError(`${evalCase.id} stays a draft: ${lacks.join("; ")}`);
  }
  const { caught, members, accepted, clean } = validation;
  return {
    why: `fails ${caught}/${members} members, passes ${accepted}/${clean} clean runs`,
    edit: {
      validation: { at, failing: `${caught}/${members}`, passing: `${accepted}/${clean}` },
    },
  };
}

/** @throws OperatorError  exit code 1: nothing says that it can fail */
function declared({ id, known_bad, unproven }: EvalCase, options: ActivateOptions): Proof {
  if ((known_bad ?? []).length > 0) {
    return { why: `with ${known_bad?.length} outputs that must fail`, edit: {} };
  }
  if (unproven === true || options.unproven === true) {
    return { why: "unproven: no output is known that it must fail", edit: { unproven: true } };
  }
  throw new OperatorError(
    `${id} stays a draft: no run failed it, so it needs known_bad, an output that must fail, or --unproven`,
  );
}
