import { learn } from "@rootward/pipeline/ingest/learn";
import { read } from "@rootward/pipeline/ingest/read";
import type { ReadOptions } from "@rootward/pipeline/ingest/read";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import type { WorkflowSettings } from "@rootward/pipeline/model/workflow";
import { bodyFiles, newBodyReader, traceGroups } from "./bodies.ts";
import { loadConfig } from "./config.ts";
import { contractsOf } from "./contracts.ts";
import { OperatorError, progress } from "./output.ts";

/** Digests of all runs in some files, with the texts behind their versions. */
export interface ReadPaths {
  readonly runs: readonly RunDigest[];
  readonly texts: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/**
 * Reads OTLP bodies twice: first to learn what each workflow is, then to measure every run by that. Memory grows with runs and with
 * traces that are open at a time, not with bytes.
 *
 * @param config  what `--config` named
 * @throws OperatorError  a path that does not exist, a folder without bodies, or bodies without any run
 */
export async function readPaths(paths: readonly string[], config?: string): Promise<ReadPaths> {
  const loaded = loadConfig(config);
  const declaredFor = (workflow: string): Parameters<typeof learn>[1] =>
    loaded.config.workflows?.[workflow] ?? null;
  const base: ReadOptions = {
    contractFor: contractsOf(loaded.config, loaded.path),
    map: loaded.config.map,
    settingsFor: (workflow) => learn([], declaredFor(workflow)),
  };
  const reader = newBodyReader(bodyFiles(paths));
  const bar = progress("reading");
  try {
    const first = await pass(reader, base, (done, of) => bar.update(done, of * 2));
    if (first.runs.length === 0) {
      throw new OperatorError(
        `${paths.join(", ")}: no run in ${reader.files.length} files of OTLP bodies`,
      );
    }
    const settings = learned(first.runs, declaredFor);
    const second = await pass(
      reader,
      {
        ...base,
        settingsFor: (...key) => settings.get(JSON.stringify(key)) ?? base.settingsFor(...key),
      },
      (done, of) => bar.update(of + done, of * 2),
    );
    return { ...second, warnings: reader.warnings };
  } finally {
    bar.end();
  }
}

async function pass(
  reader: ReturnType<typeof newBodyReader>,
  options: ReadOptions,
  onProgress: (done: number, of: number) => void,
): Promise<Omit<ReadPaths, "warnings">> {
  const runs: RunDigest[] = [];
  const texts = new Map<string, string>();
  for await (const content of traceGroups(reader, onProgress)) {
    for (const one of read(content, options)) {
      runs.push(one.digest);
      for (const { hash, text } of one.texts) texts.set(hash, text);
    }
  }
  return { runs, texts };
}

/** Settings by workflow and environment, from their first runs. */
function learned(
  runs: readonly RunDigest[],
  declaredFor: (workflow: string) => Parameters<typeof learn>[1],
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
