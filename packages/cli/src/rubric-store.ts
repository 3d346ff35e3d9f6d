import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { readLabels } from "@rootward/pipeline/evals/labels";
import { readRubric } from "@rootward/pipeline/evals/rubric";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { Calibration } from "@rootward/pipeline/model/calibration";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { Label } from "@rootward/pipeline/model/label";
import type { Rubric } from "@rootward/pipeline/model/rubric";
import { messageOf } from "./output.ts";

/** A rubric with what stands beside it. Paths are absolute, `file` is as reports name it. */
export interface LoadedRubric {
  readonly rubric: Rubric;
  readonly path: string;
  readonly file: string;
  readonly labelsPath: string;
  /** Empty where there is no file of labels. */
  readonly labels: readonly Label[];
  readonly calibrationPath: string;
  /** null: never calibrated. */
  readonly calibration: Calibration | null;
}

/** The rubrics of a folder, and everything that is wrong with them and their labels and calibrations. */
interface ReadRubrics {
  readonly rubrics: readonly LoadedRubric[];
  readonly problems: readonly string[];
  /** Paths of rubrics that stand there but cannot be read: what is wrong with them is among the problems. */
  readonly unreadable: ReadonlySet<string>;
}

function here(path: string): string {
  return relative(process.cwd(), path) || path;
}

type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly string[] };

/** A file's content by its reader; `otherwise` where there is no such file. */
function readFile<T>(path: string, read: (text: string, file: string) => Read<T>): Read<T> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { ok: false, errors: [`${here(path)} cannot be read: ${messageOf(error)}`] };
  }
  return read(text, here(path));
}

function readIfThere<T, U>(
  path: string,
  read: (text: string, file: string) => Read<T>,
  otherwise: U,
): Read<T | U> {
  return existsSync(path) ? readFile(path, read) : { ok: true, value: otherwise };
}

function readCalibration(text: string, file: string): Read<Calibration> {
  return parseYaml(text, file, Calibration);
}

/** Reads every `*.md` of a folder but its README, with labels and calibration. Nothing is thrown for what stands in them. */
export function readRubrics(folder: string): ReadRubrics {
  const rubrics: LoadedRubric[] = [];
  const problems: string[] = [];
  const unreadable = new Set<string>();
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  for (const name of names.filter((each) => each.endsWith(".md") && !/^readme\.md$/i.test(each))) {
    const path = join(folder, name);
    const rubric = readFile(path, readRubric);
    if (!rubric.ok) {
      problems.push(...rubric.errors);
      unreadable.add(path);
      continue;
    }
    const { id, calibration: named } = rubric.value;
    const labelsPath = resolve(folder, named ?? `${id}.labels.jsonl`);
    const calibrationPath = join(folder, `${id}.calibration.json`);
    const labels = readIfThere(labelsPath, readLabels, []);
    const calibration = readIfThere(calibrationPath, readCalibration, null);
    for (const read of [labels, calibration]) if (!read.ok) problems.push(...read.errors);
    rubrics.push({
      rubric: rubric.value,
      path,
      file: here(path),
      labelsPath,
      labels: labels.ok ? labels.value : [],
      calibrationPath,
      calibration: calibration.ok ? calibration.value : null,
    });
  }
  return { rubrics, problems, unreadable };
}

/** @param file  the case file, which the path of its rubric starts from */
export function rubricFor(
  { judge }: EvalCase,
  file: string,
  rubrics: readonly LoadedRubric[],
): LoadedRubric | null {
  if (judge === undefined) return null;
  const path = resolve(dirname(file), judge.rubric);
  return rubrics.find((rubric) => rubric.path === path) ?? null;
}

interface CaseWithRubric {
  readonly evalCase: EvalCase;
  readonly file: string;
  readonly lines: ReadonlyMap<string, number | null>;
  readonly rubric: LoadedRubric | null;
}

/** Active cases whose rubric is not there. A draft may wait for its rubric: it decides nothing. */
export function missingRubrics(
  cases: readonly CaseWithRubric[],
  { unreadable }: Pick<ReadRubrics, "unreadable">,
): readonly string[] {
  return cases.flatMap(({ evalCase, file, lines, rubric }) => {
    const asked = evalCase.judge?.rubric;
    if (asked === undefined || rubric !== null || evalCase.status !== "active") return [];
    const path = resolve(dirname(file), asked);
    if (unreadable.has(path)) return [];
    const place = `${file}:${lines.get("judge") ?? 1}`;
    return [
      existsSync(path)
        ? `${place}: judge.rubric ${asked} is no rubric of this folder; accepted: ../rubrics/<id>.md`
        : `${place}: judge.rubric ${asked} does not exist; accepted: a file ../rubrics/<id>.md`,
    ];
  });
}
