import { existsSync } from "node:fs";
import type { Command } from "commander";
import { examine } from "@rootward/pipeline/doctor/doctor";
import type { SpanReport } from "@rootward/pipeline/doctor/doctor";
import { learn } from "@rootward/pipeline/ingest/learn";
import { read } from "@rootward/pipeline/ingest/read";
import { readContent } from "../bodies.ts";
import { loadConfig } from "../config.ts";
import { nextSteps } from "../doctor-next.ts";
import { doctorText } from "../doctor-text.ts";
import { gateHealth } from "../health/gate-health.ts";
import { gateHealthText } from "../health/gate-health-text.ts";
import { count, counted, note, OperatorError, printJson, printLine } from "../output.ts";

interface Options {
  readonly spans?: readonly string[];
  readonly dir: string;
  readonly base?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("doctor")
    .description(
      "what is in force for the gate of this repository; with --spans, what your spans say and lack, and which setting provides it",
    )
    .option("--spans <path...>", "files or folders of OTLP bodies: .pb, .json, each also .gz")
    .option("--dir <folder>", "where cases, cassettes and overrides are", "evals")
    .option("--base <commit>", "compare the cases with those at the merge base with it")
    .option("--config <file>", "rootward.yaml (default: found from the working folder upward)")
    .option("--json", "print the report as JSON")
    .action(doctor);
}

async function doctor(options: Options): Promise<void> {
  if (options.spans === undefined) gateDoctor(options);
  else await spansDoctor(options, options.spans);
}

function gateDoctor(options: Options): void {
  if (!existsSync(options.dir)) {
    throw new OperatorError(
      `nothing to look at: there is no folder ${options.dir} (rootward init makes one), and --spans names no files or folders of OTLP bodies (.pb, .json, each also .gz)`,
      2,
    );
  }
  const health = gateHealth(options.dir, loadConfig(options.config), options.base);
  if (options.json === true) printJson({ gate: health });
  else printLine(gateHealthText(health));
}

async function spansDoctor(options: Options, spans: readonly string[]): Promise<void> {
  const { config } = loadConfig(options.config);
  const warnings: string[] = [];
  let rejected = 0;
  const content = await readContent(spans, {
    onWarning: (text) => warnings.push(text),
    onRejected: (records) => (rejected += records),
  });
  const runs = read(content, {
    contractFor: () => null,
    map: config.map,
    settingsFor: (workflow) => learn([], config.workflows?.[workflow] ?? null),
  }).map(({ run }) => run);
  const found = examine(content, runs);
  const report = { ...found, rejected, next: nextSteps(found, spans), warnings };
  if (options.json === true) printJson(report);
  else {
    for (const warning of warnings) note(`warning: ${warning}`);
    if (found.spans.understood > 0) printLine(doctorText(report));
  }
  if (found.spans.understood === 0) throw new OperatorError(nothingUnderstood(found));
}

const expected =
  "expected spans of an agent framework, with gen_ai.operation.name, openinference.span.kind, traceloop.span.kind or another convention of docs/frameworks.md";

/** One sentence on what came instead of an agent's spans. */
function nothingUnderstood({ spans, otherSpans }: SpanReport): string {
  if (spans.received === 0) {
    const logs = spans.logs > 0 ? `${count(spans.logs)} log records and no span` : "no span";
    return `nothing to understand: ${logs} came; ${expected}`;
  }
  const scopes = otherSpans.scopes.length > 0 ? ` of ${otherSpans.scopes.join(", ")}` : "";
  const came = counted(spans.received, "span");
  return `nothing understood: ${came}${scopes} came (${otherSpans.names.join(", ")}); ${expected}`;
}
