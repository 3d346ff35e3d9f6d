import { learn } from "@rootward/pipeline/ingest/learn";
import { read } from "@rootward/pipeline/ingest/read";
import type { ReadOptions, ReadRun } from "@rootward/pipeline/ingest/read";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import type { WorkflowConfig, WorkflowSettings } from "@rootward/pipeline/model/workflow";
import { traceGroups } from "./bodies.ts";
import { loadConfig } from "./config.ts";
import { contractsOf } from "./contracts.ts";
import { OperatorError, progress } from "./output.ts";

/** Digests of all runs in some files, with the texts behind their versions. */
export interface ReadPaths {
  readonly runs: readonly RunDigest[];
  readonly texts: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/** What a reading of files leaves behind, beside the runs that were handed over one by one. */
export interface RunsRead {
  readonly settingsOf: (workflow: string, environment: string) => WorkflowSettings;
  readonly warnings: readonly string[];
}

type Declared = (workflow: string) => WorkflowConfig | null;

/**
 * The digests of all runs in OTLP bodies. Memory grows with runs and with the traces that are open at a time, not with bytes.
 *
 * @param config  what `--config` named
 * @throws OperatorError  a path that does not exist, a folder without bodies, or bodies without any run
 */
export async function readPaths(paths: readonly string[], config?: string): Promise<ReadPaths> {
  const runs: RunDigest[] = [];
  const texts = new Map<string, string>();
  const { warnings } = await readRuns(paths, config, (one) => {
    runs.push(one.digest);
    for (const { hash, text } of one.texts) texts.set(hash, text);
  });
  return { runs, texts, warnings };
}

/**
 * Hands over every run in OTLP bodies. They are read twice: first to learn what each workflow is, then to measure by that.
 *
 * @throws OperatorError  as `readPaths`
 */
export async function readRuns(
  paths: readonly string[],
  config: string | undefined,
  onRun: (run: ReadRun) => void,
): Promise<RunsRead> {
  const loaded = loadConfig(config);
  const declaredFor: Declared = (workflow) => loaded.config.workflows?.[workflow] ?? null;
  const base: ReadOptions = {
    contractFor: contractsOf(loaded),
    map: loaded.config.map,
    settingsFor: (workflow) => learn([], declaredFor(workflow)),
  };
  const warnings = new Set<string>();
  const bar = progress("reading");
  const pass = async (options: ReadOptions, part: 0 | 1, take: (run: ReadRun) => void) => {
    const groups = traceGroups(paths, {
      onWarning: (text) => warnings.add(text),
      onProgress: (done, of) => bar.update(done + part * of, of * 2),
    });
    for await (const content of groups) for (const one of read(content, options)) take(one);
  };
  try {
    const first: RunDigest[] = [];
    await pass(base, 0, (one) => first.push(one.digest));
    if (first.length === 0)
      throw new OperatorError(`${paths.join(", ")}: OTLP bodies without any run`);
    const settings = learned(first, declaredFor);
    const settingsOf = (workflow: string, environment: string): WorkflowSettings =>
      settings.get(JSON.stringify([workflow, environment])) ??
      base.settingsFor(workflow, environment);
    await pass({ ...base, settingsFor: settingsOf }, 1, onRun);
    return { settingsOf, warnings: [...warnings] };
  } finally {
    bar.end();
  }
}

/** Settings by workflow and environment, from their first runs. */
function learned(
  runs: readonly RunDigest[],
  declaredFor: Declared,
): ReadonlyMap<string, WorkflowSettings> {
  const groups = new Map<string, RunDigest[]>();
  for (const run of runs.toSorted((a, b) => a.startedMs - b.startedMs)) {
    const key = JSON.stringify([run.workflow, run.environment]);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    if (group.length < policy("learnFromRuns")) group.push(run);
  }
  return new Map(
    [...groups].map(([key, group]) => [key, learn(group, declaredFor(group[0]?.workflow ?? ""))]),
  );
}
