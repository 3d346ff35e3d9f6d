import type { Command } from "commander";
import { read } from "@rootward/pipeline/ingest/read";
import type { ReadRun } from "@rootward/pipeline/ingest/read";
import { learn } from "@rootward/pipeline/ingest/learn";
import { readContent } from "../bodies.ts";
import { loadConfig } from "../config.ts";
import { contractsOf } from "../contracts.ts";
import { inspectJson } from "../inspect-json.ts";
import { inspectText } from "../inspect-text.ts";
import { note, OperatorError, printJson, printLine } from "../output.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly facts?: boolean;
}

export function register(program: Command): void {
  program
    .command("inspect")
    .description("what Rootward reads in OTLP bodies: runs, steps, signals and reasons")
    .argument("<path...>", "files or folders of OTLP bodies: .pb, .json, each also .gz")
    .option("--config <file>", "rootward.yaml (default: found from the working folder upward)")
    .option(
      "--facts",
      "every fact of each run with the attribute it was read from, or why it is not known",
    )
    .option("--json", "print runs, their facts and warnings as JSON")
    .action(inspect);
}

async function inspect(paths: string[], options: Options): Promise<void> {
  const loaded = loadConfig(options.config);
  const { config } = loaded;
  const warnings: string[] = [];
  const content = await readContent(paths, { onWarning: (text) => warnings.push(text) });
  // Bodies without spans (metrics, say) are read and hold no run; bodies of which none could be read are an error.
  if (warnings.length > 0 && content.spans.length + content.logs.length === 0) {
    throw new OperatorError(`no body could be read: ${warnings.join("; ")}`);
  }
  const contracts = contractsOf(loaded);
  const base = {
    contractFor: contracts,
    map: config.map,
    settingsFor: (workflow: string) => learn([], config.workflows?.[workflow] ?? null),
  };
  const first = read(content, base);
  const runs = first.length < 20 ? first : relearned(first, content, base, config.workflows ?? {});
  const all = [
    ...warnings,
    ...runs.flatMap(({ run }) => run.warnings.map((text) => `run ${run.id}: ${text}`)),
  ];
  if (options.json === true) {
    printJson(inspectJson(runs, all));
    return;
  }
  for (const warning of all) note(`warning: ${warning}`);
  printLine(inspectText(runs, content.spans.length, options.facts === true ? "facts" : "runs"));
}

type Base = Parameters<typeof read>[1];

/** Many runs teach what their workflow is; then they are read again by that. */
function relearned(
  first: readonly ReadRun[],
  content: Parameters<typeof read>[0],
  base: Base,
  declared: Readonly<Record<string, Parameters<typeof learn>[1]>>,
): readonly ReadRun[] {
  const byKey = new Map<string, ReadRun[]>();
  for (const one of first) {
    const key = JSON.stringify([one.run.workflow, one.run.environment]);
    byKey.set(key, [...(byKey.get(key) ?? []), one]);
  }
  const settings = new Map(
    [...byKey].map(([key, runs]) => [
      key,
      learn(
        runs.map((one) => one.digest),
        declared[runs[0]?.run.workflow ?? ""] ?? null,
      ),
    ]),
  );
  return read(content, {
    ...base,
    settingsFor: (workflow, environment) =>
      settings.get(JSON.stringify([workflow, environment])) ??
      base.settingsFor(workflow, environment),
  });
}
