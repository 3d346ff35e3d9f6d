import { PortError } from "@rootward/pipeline/errors";
import type { ModuleAgent } from "@rootward/pipeline/model/gate-config";
import { policy } from "@rootward/pipeline/model/policy";
import type { TrialEvidence } from "@rootward/pipeline/ports";
import type { Door } from "../collector.ts";
import { agentEnvironment, requestOf, timeoutMs, toolVariables } from "./adapter.ts";
import type { Adapter, Asked, Told } from "./adapter.ts";
import { answerFrom, failed } from "./answer.ts";
import { ModuleWorker } from "./worker.ts";
import type { Outcome } from "./worker.ts";

/**
 * An agent as a function of a module, `(input, context) => result`, in one process for all trials that is started again when it ends.
 *
 * A trial has a process of its own where the agent says so (`isolate`), where its case sets variables, and after it timed out or was in
 * a process that crashed beside others: so what misbehaves is known, and what stood beside it is tried again.
 */
export function newModuleAdapter(agent: ModuleAgent, folder: string, door: Door): Adapter {
  const alone = new Set<string>();
  const workers = new Set<ModuleWorker>();
  let shared: ModuleWorker | null = null;
  let asked = 0;
  const start = (environment: NodeJS.ProcessEnv) => {
    const worker = new ModuleWorker(agent, folder, environment);
    workers.add(worker);
    return worker;
  };
  const sharedWorker = () => {
    if (shared?.lives !== true)
      shared = start({
        ...agentEnvironment(agent, door.otlpEndpoint),
        ...toolVariables(agent, door),
      });
    return shared;
  };
  return {
    async ask(trial) {
      const key = `${trial.evalCase.id} ${trial.trial}`;
      const env = trial.evalCase.environment?.env ?? {};
      const isAlone = agent.isolate === true || alone.has(key) || Object.keys(env).length > 0;
      const own = { ...env, ...toolVariables(agent, trial.post) };
      const worker = isAlone
        ? start({ ...agentEnvironment(agent, trial.post.otlpEndpoint), ...own })
        : sharedWorker();
      const startedMs = performance.now();
      asked += 1;
      const outcome = await worker.ask(messageOf(trial, asked, own));
      const durationMs = Math.round(performance.now() - startedMs);
      if (isAlone) {
        worker.stop();
        workers.delete(worker);
      }
      if (outcome.how === "lost" || outcome.how === "timeout") alone.add(key);
      return toldOf(outcome, agent, durationMs);
    },
    stop() {
      for (const worker of workers) worker.stop();
    },
  };
}

function messageOf(asked: Asked, id: number, env: Readonly<Record<string, string>>) {
  const { input, context, ...rest } = requestOf(asked);
  const { traceparent } = asked;
  return { id, input, context: { ...rest, ...context }, env: { ...env, TRACEPARENT: traceparent } };
}

/** @throws PortError  with one sentence on why there is no answer */
function toldOf(outcome: Outcome, agent: ModuleAgent, durationMs: number): Told | null {
  switch (outcome.how) {
    case "lost":
      return null;
    case "unusable":
      throw new PortError(
        "candidate_failed",
        `the module ${agent.module} cannot be used: ${outcome.why}`,
        {
          retryable: false,
        },
      );
    case "timeout":
      throw new PortError(
        "candidate_timeout",
        `the agent did not answer within ${timeoutMs(agent) / 1_000} s and was stopped`,
        { retryable: true },
      );
    case "flood":
      throw failed(
        `the agent wrote more than ${policy("candidateStdoutBytes")} bytes to its standard output and was stopped`,
      );
    case "large":
      throw failed(
        `the agent's result has ${outcome.bytes} bytes, at most ${policy("candidateStdoutBytes")} are accepted`,
      );
    case "threw":
      throw failed(`the agent failed: ${outcome.why}`);
    case "ended":
      throw failed(`the agent's process ended ${outcome.why}`);
    case "answer":
      return {
        answer: parsedResult(outcome.text),
        durationMs,
        sending: () => (outcome.flushed ? "flushed" : "sent"),
        end: () => undefined,
      };
  }
}

const expected = 'expected the function to return {"output": …}';

function parsedResult(text: string): TrialEvidence["answer"] {
  if (text === "undefined") throw failed(`the agent returned nothing; ${expected}`);
  return answerFrom(JSON.parse(text), expected);
}
