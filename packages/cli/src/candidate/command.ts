import { PortError } from "@rootward/pipeline/errors";
import type { CommandAgent } from "@rootward/pipeline/model/gate-config";
import { policy } from "@rootward/pipeline/model/policy";
import type { TrialEvidence } from "@rootward/pipeline/ports";
import { groupLives, killGroup, runProgram } from "../program.ts";
import type { Ended } from "../program.ts";
import { agentEnvironment, requestOf, timeoutMs, toolVariables } from "./adapter.ts";
import type { Adapter } from "./adapter.ts";
import { answerFrom, failed } from "./answer.ts";

/** An agent as a command: a process a trial, JSON on standard input, JSON on the last line of standard output. */
export function newCommandAdapter(agent: CommandAgent, folder: string): Adapter {
  return {
    async ask(asked) {
      const { evalCase, post, traceparent } = asked;
      const ended = await runProgram({
        command: agent.run,
        folder,
        environment: {
          ...agentEnvironment(agent, post.otlpEndpoint),
          ...evalCase.environment?.env,
          ...toolVariables(agent, post),
          OTEL_EXPORTER_OTLP_ENDPOINT: post.otlpEndpoint,
          TRACEPARENT: traceparent,
        },
        input: `${JSON.stringify(requestOf(asked))}\n`,
        timeoutMs: timeoutMs(agent),
      });
      const end = () => killGroup(ended.pid);
      try {
        return {
          answer: answerOf(ended, agent),
          durationMs: ended.durationMs,
          sending: () => (groupLives(ended.pid) ? "running" : "gone"),
          end,
        };
      } catch (error) {
        end();
        throw error;
      }
    },
    stop: () => undefined,
  };
}

/** The candidate's answer. @throws PortError  with one sentence on why there is none */
function answerOf(ended: Ended, agent: CommandAgent): TrialEvidence["answer"] {
  const said = ended.complaint === "" ? "" : `: ${ended.complaint}`;
  switch (ended.how) {
    case "not_started":
      throw failed(`the agent (${agent.run.join(" ")}) could not be started${said}`);
    case "timeout":
      throw new PortError(
        "candidate_timeout",
        `the agent did not end within ${timeoutMs(agent) / 1_000} s and was stopped${said}`,
        { retryable: true },
      );
    case "flood":
      throw failed(
        `the agent wrote more than ${policy("candidateStdoutBytes")} bytes to its standard output and was stopped`,
      );
    case "exit":
      if (ended.code !== 0) {
        const how = ended.code === null ? "by a signal" : `with exit code ${ended.code}`;
        throw failed(`the agent ended ${how}${said}`);
      }
      return parsedAnswer(ended.output);
  }
}

const expected = 'expected one JSON object, {"output": …}, as the last line of its standard output';

function parsedAnswer(output: string): TrialEvidence["answer"] {
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  if (last.trim() === "") throw failed(`the agent wrote nothing; ${expected}`);
  let value: unknown;
  try {
    value = JSON.parse(last);
  } catch (error) {
    const text = JSON.stringify(last.slice(0, 80));
    throw failed(`the agent's last line is no JSON: ${text}; ${expected}`, error);
  }
  return answerFrom(value, expected);
}
