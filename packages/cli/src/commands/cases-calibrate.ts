import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { isDeepStrictEqual } from "@rootward/pipeline/evals/equal";
import { calibrate } from "@rootward/pipeline/evals/judging/calibrate";
import { judgeOf } from "@rootward/pipeline/evals/judging/judge";
import type { Judge } from "@rootward/pipeline/evals/judging/judge";
import { lackingOf, ratesOf, ratesText } from "@rootward/pipeline/evals/judging/standing";
import type { CalibratedJudge } from "@rootward/pipeline/model/calibration";
import type { JudgeConfig } from "@rootward/pipeline/model/judge-config";
import { policy } from "@rootward/pipeline/model/policy";
import { judgeInputs } from "@rootward/pipeline/model/rubric";
import type { JudgeInput } from "@rootward/pipeline/model/rubric";
import { loadCases } from "../case-store.ts";
import type { LoadedCase } from "../case-store.ts";
import { loadConfig } from "../config.ts";
import { newJudge } from "../judge.ts";
import {
  counted,
  messageOf,
  note,
  OperatorError,
  printJson,
  printLine,
  progress,
} from "../output.ts";
import { readRubrics } from "../rubric-store.ts";
import type { LoadedRubric } from "../rubric-store.ts";
import { today } from "../today.ts";

interface Options {
  readonly dir: string;
  readonly model?: string;
  readonly inputs?: string;
  readonly json?: boolean;
  readonly config?: string;
}

/** Adds `rootward cases calibrate`. */
export function registerCalibrate(cases: Command): void {
  cases
    .command("calibrate")
    .argument("<rubric>", "the name of its file in evals/rubrics, without .md")
    .description("Asks the judges of a rubric about its labels and keeps how well they do.")
    .option("--dir <folder>", "where cases and rubrics are", "evals")
    .option("--model <name>", "this judge alone; else those of the cases that use the rubric")
    .option("--inputs <names>", `with commas: what it is shown, of ${judgeInputs.join(", ")}`)
    .option("--json", "as JSON")
    .option("--config <file>", "rootward.yaml to use")
    .addHelpText(
      "after",
      `\nLabels stand in evals/rubrics/<rubric>.labels.jsonl. A judge counts as calibrated with ${policy("judgeLabelsMin")} good and ${policy("judgeLabelsMin")} bad ones, of which it\ngets ${policy("judgeRateMin")} each right; until then its pass is shown as unproven. docs/judge.md`,
    )
    .action(calibrateRubric);
}

/** The rubric of that name. @throws OperatorError  there is none, or it, its labels or its calibration are malformed */
function rubricNamed(folder: string, name: string): LoadedRubric {
  const { rubrics, problems } = readRubrics(join(folder, "rubrics"));
  const found = rubrics.find(({ rubric }) => rubric.id === name);
  const own = problems.filter((problem) =>
    problem.startsWith(`${relative(process.cwd(), join(folder, "rubrics", name))}.`),
  );
  const wrong = found === undefined ? own : [...own, ...problemsOf(found, problems)];
  if (wrong.length > 0) throw new OperatorError([...new Set(wrong)].join("; "));
  if (found !== undefined) return found;
  const known = rubrics.map(({ rubric }) => rubric.id).join(", ") || "none";
  throw new OperatorError(`no rubric ${name} in ${join(folder, "rubrics")}; there are ${known}`, 2);
}

function problemsOf({ labelsPath }: LoadedRubric, problems: readonly string[]): readonly string[] {
  return problems.filter((problem) => problem.startsWith(relative(process.cwd(), labelsPath)));
}

function inputsOf(text: string | undefined): readonly JudgeInput[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  const known = names.flatMap((name) => judgeInputs.find((one) => one === name) ?? []);
  if (known.length === names.length && known.includes("output")) return known;
  throw new OperatorError(
    `--inputs is "${text}"; accepted are output and, with commas, ${judgeInputs.filter((name) => name !== "output").join(", ")}`,
    2,
  );
}

/** The judges that cases ask by this rubric, each once. */
function judgesInUse(
  { rubric, path }: LoadedRubric,
  cases: readonly LoadedCase[],
  config: JudgeConfig | undefined,
): readonly Judge[] {
  const judges: Judge[] = [];
  for (const { evalCase, rubric: own } of cases) {
    if (evalCase.judge === undefined || own?.path !== path || evalCase.status === "retired")
      continue;
    const { model, inputs } = evalCase.judge;
    const found = judgeOf(rubric, config, { model, inputs });
    if (!found.ok) throw new OperatorError(found.why, 2);
    const { judge } = found;
    if (!judges.some(({ identity }) => isDeepStrictEqual(identity, judge.identity)))
      judges.push(judge);
  }
  return judges;
}

async function calibrateRubric(name: string, options: Options): Promise<void> {
  const { config } = loadConfig(options.config);
  const folder = resolve(options.dir);
  const rubric = rubricNamed(folder, name);
  const inputs = inputsOf(options.inputs);
  const labelsFile = relative(process.cwd(), rubric.labelsPath);
  if (rubric.labels.length === 0) {
    const what = existsSync(rubric.labelsPath) ? "holds no label" : "does not exist";
    throw new OperatorError(
      `${labelsFile} ${what}: write one label on each line, docs/judge.md says how`,
    );
  }
  const inUse = judgesInUse(rubric, loadCases(folder).cases, config.judge);
  const isAsked = options.model !== undefined || inputs !== undefined;
  const judges =
    isAsked || inUse.length === 0
      ? [
          oneJudge(rubric, config.judge, {
            model: options.model,
            inputs: inputs ?? ["input", "output"],
          }),
        ]
      : inUse;
  const measured: CalibratedJudge[] = [];
  for (const judge of judges) measured.push(await measure(judge, rubric, config.judge));
  save(rubric, measured, inUse);
  if (options.json === true)
    printJson({ rubric: name, judges: measured.map((one) => toldOf(one, rubric)) });
  else for (const one of measured) tell(one, rubric);
}

function oneJudge(
  { rubric }: LoadedRubric,
  config: JudgeConfig | undefined,
  asked: Parameters<typeof judgeOf>[2],
): Judge {
  const found = judgeOf(rubric, config, asked);
  if (!found.ok) throw new OperatorError(found.why, 2);
  return found.judge;
}

/** @throws OperatorError  labels lack what the judge is shown, or the endpoint did not answer: nothing is kept then */
async function measure(
  judge: Judge,
  { labels, rubric }: LoadedRubric,
  config: JudgeConfig | undefined,
): Promise<CalibratedJudge> {
  const bar = progress(`asking ${judge.identity.model} about ${counted(labels.length, "label")}`);
  try {
    const done = await calibrate(judge, labels, newJudge(config), {
      today: today(),
      concurrency: config?.concurrency ?? policy("judgeConcurrency"),
      onProgress: (count, of) => bar.update(count, of),
    });
    bar.end();
    if (!done.ok) {
      const more = done.errors.length > 3 ? ` and ${done.errors.length - 3} more` : "";
      throw new OperatorError(
        `${rubric.id} is not calibrated, nothing was kept: ${done.errors.slice(0, 3).join("; ")}${more}`,
      );
    }
    for (const error of done.errors.slice(0, 5)) note(`rootward: no verdict: ${error}`);
    return done.value;
  } finally {
    bar.end();
  }
}

/** Beside what was measured now, only calibrations of judges that cases still ask are kept. */
function save(
  rubric: LoadedRubric,
  measured: readonly CalibratedJudge[],
  inUse: readonly Judge[],
): void {
  const kept = (rubric.calibration?.judges ?? []).filter(
    ({ identity }) =>
      inUse.some((judge) => isDeepStrictEqual(judge.identity, identity)) &&
      !measured.some((one) => isDeepStrictEqual(one.identity, identity)),
  );
  const calibration = {
    schema: "calibration/v1",
    rubric: rubric.rubric.id,
    judges: [...measured, ...kept],
  };
  const path = rubric.calibrationPath;
  try {
    writeFileSync(`${path}.new`, `${JSON.stringify(calibration, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new OperatorError(
      `${relative(process.cwd(), path)} cannot be written: ${messageOf(error)}`,
    );
  }
}

function toldOf({ identity, answers, at }: CalibratedJudge, { labels }: LoadedRubric) {
  const rates = ratesOf(labels, answers);
  const lacks = lackingOf(rates);
  return { identity, at, ...rates, calibrated: lacks.length === 0, lacks };
}

function tell(one: CalibratedJudge, rubric: LoadedRubric): void {
  const { identity, calibrated, lacks, ...rates } = toldOf(one, rubric);
  printLine(
    `${rubric.rubric.id}: ${identity.model} (${identity.endpoint}), shown ${identity.inputs.join(", ")}`,
  );
  printLine(`  ${ratesText(rates)}`);
  printLine(
    calibrated
      ? "  calibrated"
      : `  not calibrated, its pass is shown as unproven: ${lacks.join(", ")}`,
  );
  const apart = one.answers.filter(({ human, judge }) => human !== judge);
  for (const { label, human, judge } of apart.slice(0, 10))
    printLine(
      `  ${label}: labelled ${human}, the judge says ${judge === "error" ? "nothing that is a verdict" : judge}`,
    );
  if (apart.length > 10) printLine(`  and ${apart.length - 10} more`);
}
