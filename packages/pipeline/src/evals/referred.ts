import type { EvalCase } from "../model/evalcase.ts";

/** A path as a case writes it, from the folder of its file. */
export interface Reference {
  readonly path: string;
  /** `program`: a file, if there is one of that name; what it imports decides as well. */
  readonly kind: "file" | "program" | "recordings";
}

/**
 * The files beside a case that decide how it is tried and graded: schemas, validators, modules, rubric and recordings. A change of any
 * of them can make a red case green without a change in the case.
 */
export function referencesOf(evalCase: EvalCase): readonly Reference[] {
  const { assert, judge, environment } = evalCase;
  return [
    ...assert.flatMap(({ type, ...rest }) =>
      referencesIn(type, "value" in rest ? rest.value : undefined),
    ),
    ...(judge ? [{ path: judge.rubric, kind: "file" as const }] : []),
    ...(environment?.cassette === undefined
      ? []
      : [{ path: environment.cassette, kind: "recordings" as const }]),
  ];
}

function referencesIn(type: string, value: unknown): readonly Reference[] {
  switch (type) {
    case "output:json-schema":
      return texts(value).map((path) => ({ path, kind: "file" }));
    case "handoff:contract":
      return texts(field(value, "schema")).map((path) => ({ path, kind: "file" }));
    case "downstream:validator":
      return [...texts(field(value, "run")), ...texts(field(value, "module"))].map((path) => ({
        path,
        kind: "program",
      }));
    case "module":
      return texts(field(value, "path")).map((path) => ({ path, kind: "program" }));
    default:
      return [];
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function texts(value: unknown): readonly string[] {
  return [value].flat().filter((one) => typeof one === "string");
}

const importing = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;

/** The relative paths that the text of a JavaScript or TypeScript module imports, as it writes them. */
export function importsOf(text: string): readonly string[] {
  return [...text.matchAll(importing)].map(([, path = ""]) => path);
}

/** The labels that a rubric's front matter names, from the rubric's folder; null without. */
export function labelsOf(rubric: string): string | null {
  return /^calibration:\s*["']?([^"'\s]+)/m.exec(rubric)?.[1] ?? null;
}

/** Whether a case asks for `downstream_ok`, which the contract of its workflow in `rootward.yaml` decides. */
export function readsContract({ assert }: EvalCase): boolean {
  return assert.some(
    (assertion) => assertion.type === "behavior:signal" && assertion.value.name === "downstream_ok",
  );
}
