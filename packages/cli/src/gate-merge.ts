import { readFileSync } from "node:fs";
import { mergeVerdicts } from "@rootward/pipeline/evals/merge";
import type { Part } from "@rootward/pipeline/evals/merge";
import { hashOfValue } from "@rootward/pipeline/evals/identity";
import { planShards } from "@rootward/pipeline/evals/shards";
import { trialsOf } from "@rootward/pipeline/evals/trials";
import { GateVerdict } from "@rootward/pipeline/model/verdict";
import type { GateCase } from "@rootward/pipeline/pipeline";
import type { CaseStore } from "./case-store.ts";
import type { LoadedConfig } from "./config.ts";
import { messageOf, OperatorError } from "./output.ts";
import { today } from "./today.ts";

/** Which part of the cases one machine tries. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** `--shard 2/4`. @throws OperatorError  exit code 2: anything else */
export function shardOption(text: string | undefined): Shard | null {
  if (text === undefined) return null;
  const [, index, of] = /^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (shard.index >= 1 && shard.index <= shard.of) return shard;
  throw new OperatorError(
    `--shard ${text}: expected the number of this shard and of all, such as 2/4`,
    2,
  );
}

interface Sharded<T> {
  readonly chosen: readonly T[];
  /** The others, each with the shard that tries it. */
  readonly elsewhere: GateVerdict["skipped"];
  readonly shard: NonNullable<GateVerdict["shard"]>;
}

/** The part of the chosen cases that belongs to one shard. */
export function shardOf<T extends GateCase>(
  chosen: readonly T[],
  { index, of }: Shard,
  { config }: LoadedConfig,
  tree: string | null,
  cases: CaseStore["cases"],
): Sharded<T> {
  const active = chosen.map(({ evalCase }) => evalCase).filter(({ status }) => status === "active");
  const plan = planShards(active, of, (evalCase) => trialsOf(evalCase, config.trials ?? {}));
  return {
    chosen: chosen.filter(({ evalCase }) => plan.get(evalCase.id) === index),
    elsewhere: active
      .filter(({ id }) => plan.get(id) !== index)
      .map(({ id, severity }) => ({
        case: id,
        severity,
        why: `it is tried in shard ${plan.get(id)} of ${of}`,
      })),
    shard: {
      index,
      of,
      plan: [...plan]
        .map(([id, shard]) => ({ case: id, shard }))
        .toSorted((a, b) => (a.case < b.case ? -1 : 1)),
      tree,
      cases: hashOfCases(cases),
    },
  };
}

function hashOfCases(cases: CaseStore["cases"]): string {
  const active = cases.map(({ evalCase }) => evalCase).filter(({ status }) => status === "active");
  return hashOfValue(active.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
}

/**
 * Decides on the results that the shards of one run wrote with `--json`, as of the machine's calendar day in UTC. A file that cannot be
 * read, or holds no result, is a problem: the verdict is invalid.
 */
export function mergeFiles(
  files: readonly string[],
  store: CaseStore,
  problems: readonly string[],
  { config }: LoadedConfig,
): GateVerdict {
  const read = files.map(partOf);
  return mergeVerdicts({
    parts: read.flatMap((part) => (typeof part === "string" ? [] : [part])),
    cases: store.cases,
    casesHash: hashOfCases(store.cases),
    overrides: store.overrides,
    problems: [...problems, ...read.filter((part) => typeof part === "string")],
    today: today(),
    breakGlass: config.overrides?.p0_break_glass ?? false,
  });
}

function partOf(file: string): Part | string {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    return `${file} is no result of the gate: ${messageOf(error)}`;
  }
  const parsed = GateVerdict.safeParse(value);
  if (parsed.success) return { file, verdict: parsed.data };
  const [issue] = parsed.error.issues;
  const key = issue?.path.join(".") || "the whole";
  return `${file} is no result of the gate: ${key}: ${issue?.message ?? "is of the wrong form"}; expected what rootward gate --shard 1/4 --json writes`;
}
