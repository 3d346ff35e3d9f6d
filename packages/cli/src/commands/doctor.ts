import type { Command } from "commander";
import { examine } from "@rootward/pipeline/doctor/doctor";
import type { SpanReport } from "@rootward/pipeline/doctor/doctor";
import { learn } from "@rootward/pipeline/ingest/learn";
import { read } from "@rootward/pipeline/ingest/read";
import { readContent } from "../bodies.ts";
import { loadConfig } from "../config.ts";
import { nextSteps } from "../doctor-next.ts";
import { doctorText } from "../doctor-text.ts";
import { count, counted, note, OperatorError, printJson, printLine } from "../output.ts";

interface Options {
  readonly spans?: readonly string[];
  readonly config?: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("doctor")
    .description("what your spans say and lack, and which setting provides it")
    .option("--spans <path...>", "files or folders of OTLP bodies: .pb, .json, each also .gz")
    .option("--config <file>", "rootward.yaml (default: found from the working folder upward)")
    .option("--json", "print the report as JSON")
    .action(doctor);
}

async function doctor(options: Options): Promise<void> {
  if (options.spans === undefined)
    throw new OperatorError(
      "--spans is missing: expected files or folders of OTLP bodies (.pb, .json, each also .gz)",
      2,
    );
  const { config } = loadConfig(options.config);
  const warnings: string[] = [];
  let rejected = 0;
  const content = await readContent(options.spans, {
    onWarning: (text) => warnings.push(text),
    onRejected: (records) => (rejected += records),
  });
  const runs = read(content, {
    contractFor: () => null,
    map: config.map,
    settingsFor: (workflow) => learn([], config.workflows?.[workflow] ?? null),
  }).map(({ run }) => run);
  const found = examine(content, runs);
  const report = { ...found, rejected, next: nextSteps(found, options.spans), warnings };
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
