import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { trialsWords } from "@rootward/pipeline/evals/strictness";
import { trialsOfSeverity } from "@rootward/pipeline/evals/trials";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { severities } from "@rootward/pipeline/model/evalfields";
import { gateConfig } from "@rootward/pipeline/model/gate-config";
import { RootwardConfig } from "@rootward/pipeline/model/workflow";
import type { LoadedConfig } from "../config.ts";

/** One value of the configuration that the gate uses, and where it comes from. */
export interface ConfigValue {
  readonly key: string;
  readonly value: string;
  /** `default`, `file:line`, or `merge base` where what the file says does not count yet. */
  readonly from: string;
}

type Path = readonly (string | number)[];

/**
 * What the gate uses, with its origin: every value that the file gives, and the defaults of trials and overrides.
 *
 * @param inForce  the configuration after the comparison with the merge base
 */
export function configValues(
  loaded: LoadedConfig,
  inForce: RootwardConfig,
): readonly ConfigValue[] {
  const placeOf = places(loaded.path);
  const given = Object.keys(gateConfig)
    .filter((key) => key !== "trials" && key !== "overrides")
    .flatMap((key) => leaves([key], Reflect.get(loaded.config, key)));
  return [
    ...given.map(({ path, value }) => ({
      key: path.join("."),
      value,
      from: placeOf(path) ?? "default",
    })),
    ...severities.map((severity) => {
      const said = loaded.config.trials?.[severity];
      const counts = said === inForce.trials?.[severity];
      return {
        key: `trials.${severity}`,
        value: trialsWords(trialsOfSeverity(severity, inForce.trials ?? {})),
        from: !counts ? "merge base" : (placeOf(["trials", severity]) ?? "default"),
      };
    }),
    ...(
      [
        ["p0_break_glass", false],
        ["from", "head"],
      ] as const
    ).map(([key, usual]) => {
      const said = loaded.config.overrides?.[key] ?? usual;
      const counts = inForce.overrides?.[key] ?? usual;
      return {
        key: `overrides.${key}`,
        value: String(counts),
        from: said !== counts ? "merge base" : (placeOf(["overrides", key]) ?? "default"),
      };
    }),
  ];
}

/** Where a key stands in the file; null where it does not. */
function places(path: string | null): (key: Path) => string | null {
  if (path === null) return () => null;
  const file = relative(process.cwd(), path);
  const parsed = parseYaml(readFileSync(path, "utf8"), file, RootwardConfig);
  if (!parsed.ok) return () => null;
  const { value, lineOf } = parsed;
  return (key) => {
    let inside: unknown = value;
    for (const part of key) {
      inside =
        typeof inside === "object" && inside !== null ? Reflect.get(inside, part) : undefined;
    }
    return inside === undefined ? null : `${file}:${lineOf(key) ?? 1}`;
  };
}

const deepest = 3;

/** Values two names deep, `agents.desk.run`; what lies deeper in one piece. */
function leaves(
  path: readonly string[],
  value: unknown,
): readonly { path: readonly string[]; value: string }[] {
  if (value === undefined) return [];
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isMap || path.length >= deepest) {
    return [{ path, value: typeof value === "string" ? value : JSON.stringify(value) }];
  }
  return Object.entries(value).flatMap(([key, inner]) => leaves([...path, key], inner));
}
