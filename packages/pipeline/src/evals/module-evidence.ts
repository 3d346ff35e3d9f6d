import { encodeRun } from "../model/run-json.ts";
import { signalNames } from "../model/signal.ts";
import { outputJson, outputText } from "./subject.ts";
import type { Subject } from "./subject.ts";

/**
 * What a module of the repository is given: everything that is known of one run, in words of the case file, and the run itself as it was
 * read. JSON throughout; null where something is not visible.
 */
export function moduleEvidence(subject: Subject): unknown {
  const { run, signals, digest, answer, durationMs } = subject;
  const decoded: unknown = JSON.parse(encodeRun(run));
  return {
    workflow: run.workflow,
    task_type: run.taskType,
    input: run.input.value,
    output: outputJson(subject) ?? null,
    output_text: outputText(subject),
    citations: run.cited ?? answer?.citations ?? null,
    retrieved: digest.retrieved ?? answer?.retrieved ?? null,
    tool_calls: run.toolCalls.map(({ name, agent, args, result, outcome }) => ({
      name,
      agent,
      arguments: args.value,
      result: result.value,
      outcome,
    })),
    signals: Object.fromEntries(
      signalNames.map((name) => {
        const reading = signals[name];
        return [name, reading.kind === "measured" ? reading.value : null];
      }),
    ),
    error: run.error === null ? null : { type: run.error.type, message: run.error.message },
    usage: {
      ms: durationMs,
      usd: answer?.usage?.usd ?? null,
      tokens: answer?.usage?.tokens ?? null,
    },
    run: decoded,
  };
}
