import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { z } from "zod";
import { readCase } from "@rootward/pipeline/evals/casefile";
import { readTape } from "@rootward/pipeline/evals/cassette";
import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import { nameOf } from "@rootward/pipeline/evals/grade";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { Closure } from "@rootward/pipeline/model/closure";
import { Override } from "@rootward/pipeline/model/override";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { wrongIn } from "./case-checks.ts";
import { messageOf } from "./output.ts";
import { missingRubrics, readRubrics, rubricFor } from "./rubric-store.ts";
import type { LoadedRubric } from "./rubric-store.ts";

/** A case with its file and the lines that reports point at. */
export interface LoadedCase {
  readonly evalCase: EvalCase;
  /** Relative to the working folder. */
  readonly file: string;
  readonly lines: ReadonlyMap<string, number | null>;
  /** `line:column` of a path in the file. */
  readonly placeOf: (path: readonly (string | number)[]) => string;
  /** What its judge goes by; null where it has none, or none that can be read. */
  readonly rubric: LoadedRubric | null;
}

/** The folder `evals/` as it stands, and everything that is wrong with it, each naming the file. */
export interface CaseStore {
  readonly folder: string;
  readonly cases: readonly LoadedCase[];
  readonly overrides: readonly Override[];
  /** The file of each override by its id, relative to the working folder. */
  readonly overrideFiles: ReadonlyMap<string, string>;
  readonly closures: readonly Closure[];
  readonly rubrics: readonly LoadedRubric[];
  readonly problems: readonly string[];
}

function yamlFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
}

/** Reads cases, rubrics, overrides and closures; nothing is thrown for what stands in them, it becomes a problem. */
export function loadCases(folder: string): CaseStore {
  const problems: string[] = [];
  const here = (file: string) => relative(process.cwd(), file) || file;
  const cases: LoadedCase[] = [];
  const casesFolder = join(folder, "cases");
  const files = yamlFiles(casesFolder);
  if (files.length === 0) {
    problems.push(
      `${here(casesFolder)} ${existsSync(casesFolder) ? "holds no case" : "does not exist"}: an empty gate passes nothing`,
    );
  }
  const rubrics = readRubrics(join(folder, "rubrics"));
  problems.push(...rubrics.problems);
  for (const path of files) {
    const file = here(path);
    const parsed = readCase(readFileSync(path, "utf8"), file);
    if (!parsed.ok) problems.push(...parsed.errors);
    else {
      const lines = parsed.value.assert.map((assertion, index): [string, number | null] => [
        nameOf(assertion),
        parsed.lineOf(["assert", index]),
      ]);
      if (parsed.value.judge) lines.push(["judge", parsed.lineOf(["judge"])]);
      problems.push(...wrongIn(parsed.value, file, parsed.placeOf));
      const rubric = rubricFor(parsed.value, file, rubrics.rubrics);
      const { placeOf } = parsed;
      cases.push({ evalCase: parsed.value, file, lines: new Map(lines), placeOf, rubric });
    }
  }
  problems.push(...doubles(cases), ...missingCassettes(cases), ...missingRubrics(cases, rubrics));
  const overrides = readRecords(join(folder, "overrides"), Override, problems);
  const closures = readRecords(join(folder, "closures"), Closure, problems);
  return {
    folder,
    cases,
    overrides: overrides.map(({ value }) => value),
    overrideFiles: new Map(overrides.map(({ value, file }) => [value.id, file])),
    closures: closures.map(({ value }) => value),
    rubrics: rubrics.rubrics,
    problems,
  };
}

/** The records of a folder with their files; what is wrong with them is added to the problems. */
function readRecords<T extends { readonly id: string }>(
  folder: string,
  schema: z.ZodType<T>,
  problems: string[],
): readonly { readonly value: T; readonly file: string }[] {
  const found: { readonly value: T; readonly file: string }[] = [];
  for (const path of yamlFiles(folder)) {
    const file = relative(process.cwd(), path) || path;
    const parsed = parseYaml(readFileSync(path, "utf8"), file, schema);
    if (!parsed.ok) {
      problems.push(...parsed.errors);
      continue;
    }
    const other = found.find(({ value }) => value.id === parsed.value.id);
    if (other) problems.push(`${file}: id ${parsed.value.id} stands in ${other.file} too`);
    found.push({ value: parsed.value, file });
  }
  return found;
}

/** The cases of some clusters, in the order of their files; what cannot be read is told by its name. */
export function casesOfCluster(
  folder: string,
  clusters: readonly string[],
): readonly { readonly id: string; readonly file: string }[] {
  const ids = clusters.map((cluster) => cluster.replace(/^CL-/, "EC-"));
  const { cases } = loadCases(folder);
  return yamlFiles(join(folder, "cases")).flatMap((path) => {
    const file = relative(process.cwd(), path);
    const found = cases.find((one) => one.file === file)?.evalCase;
    const id = found?.id ?? basename(path).replace(/\.ya?ml$/, "");
    const cluster = found?.provenance.cluster;
    const theirs =
      cluster === undefined
        ? ids.some((each) => id === each || id.startsWith(`${each}-`))
        : clusters.includes(cluster);
    return theirs ? [{ id, file }] : [];
  });
}

function doubles(cases: readonly LoadedCase[]): string[] {
  return cases.flatMap(({ evalCase, file }, index) => {
    const earlier = cases.slice(0, index).find((other) => other.evalCase.id === evalCase.id);
    return earlier ? [`${file}: case id ${evalCase.id} stands in ${earlier.file} too`] : [];
  });
}

function missingCassettes(cases: readonly LoadedCase[]): string[] {
  return cases
    .filter(({ evalCase }) => evalCase.status === "active")
    .flatMap(({ evalCase, file }) => {
      const cassette = evalCase.environment?.cassette;
      if (cassette === undefined) return [];
      try {
        readCassette(evalCase, file);
        return [];
      } catch (error) {
        return [messageOf(error)];
      }
    });
}

/**
 * The recorded calls of a case, in the order of its files' lines.
 *
 * @throws Error  naming the case file where its cassette does not exist; else file, line and column of each line that is no recorded call
 */
export function readCassette(evalCase: EvalCase, file: string): readonly RecordedCall[] {
  const cassette = evalCase.environment?.cassette;
  if (cassette === undefined) return [];
  const folder = resolve(dirname(file), cassette);
  if (!existsSync(folder)) throw new Error(`${file}: cassette ${cassette} does not exist`);
  const tapes = readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => {
      const path = join(folder, name);
      return readTape(readFileSync(path, "utf8"), relative(process.cwd(), path));
    });
  const errors = tapes.flatMap((tape) => (tape.ok ? [] : tape.errors));
  if (errors.length > 0) throw new Error(errors.join("; "));
  return tapes.flatMap((tape) => (tape.ok ? tape.value : []));
}
