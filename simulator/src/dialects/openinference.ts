import type { ModelStep, RunPlan } from "../plan.ts";
import { finalAnswer } from "../plan.ts";
import type { Random } from "../random.ts";
import {
  logprobsOf,
  timelineOf,
  tokenCount,
  type TimedAgent,
  type TimedStep,
  type Turn,
} from "../timeline.ts";
import type { WireAttributes, WireScope, WireSpan, WireValue } from "../wire.ts";
import { base, intakeSpan, resourceOf, thrown, type Base } from "./common.ts";

const scope: WireScope = { name: "openinference.instrumentation.openai_agents", version: "1.4.0" };

/** A run as OpenInference spans, in the shape of the OpenAI Agents instrumentation, children first. */
export function openinferenceSpans(run: RunPlan, random: Random): WireSpan[] {
  const timeline = timelineOf(run, random);
  const root = base({ traceId: run.traceId, scope, resource: resourceOf(run) }, random);
  const spans: WireSpan[] = [];
  let before: string | null = null;
  for (const agent of timeline.agents) {
    spans.push(...agentSpans(run, agent, root, before, random));
    before = agent.agent.name;
  }
  spans.push(...intakeSpan(run, timeline, root, random));
  spans.push({
    ...root,
    parentSpanId: null,
    name: run.workflow,
    kind: "internal",
    startMs: timeline.startMs,
    endMs: timeline.endMs,
    status: "ok",
    attributes: {
      "openinference.span.kind": "AGENT",
      "session.id": run.session,
      "user.id": run.user,
      ...text("input", run.question),
      ...text("output", finalAnswer(run)),
      ...taskType(run),
    },
  });
  return spans;
}

function taskType(run: RunPlan): WireAttributes {
  const declared = run.agents.at(-1)?.declared.taskType ?? null;
  return declared === null ? {} : { "agent.behavioral.task_type": declared };
}

function agentSpans(
  run: RunPlan,
  timed: TimedAgent,
  root: Base,
  before: string | null,
  random: Random,
): WireSpan[] {
  const own = base(root, random);
  const spans = timed.steps.map((at) => stepSpan(run, timed, at, own, random));
  spans.push({
    ...own,
    parentSpanId: root.spanId,
    name: timed.agent.name,
    kind: "internal",
    startMs: timed.startMs,
    endMs: timed.endMs,
    status: "ok",
    attributes: {
      "openinference.span.kind": "AGENT",
      "graph.node.id": timed.agent.name,
      ...(before === null ? {} : { "graph.node.parent_id": before }),
    },
  });
  return spans;
}

function stepSpan(
  run: RunPlan,
  timed: TimedAgent,
  at: TimedStep,
  parent: Base,
  random: Random,
): WireSpan {
  const own = { ...base(parent, random), kind: "internal" } as const;
  const times = {
    startMs: at.startMs,
    endMs: at.endMs,
    parentSpanId: parent.spanId,
    of: at.step,
  };
  if (at.step.kind === "model") {
    const attributes = modelAttributes(run, timed, at, at.step, random);
    return { ...own, ...times, name: "generation", status: "ok", attributes };
  }
  const { call, handoffTo, result } = at.step;
  return {
    ...own,
    ...times,
    status: "ok",
    ...thrown(at.step, at.endMs),
    name: call.name,
    attributes: {
      "openinference.span.kind": "TOOL",
      "tool.name": call.name,
      ...json("input", call.args),
      ...(at.step.thrown
        ? {}
        : json("output", handoffTo === null ? result : { assistant: handoffTo })),
    },
  };
}

function modelAttributes(
  run: RunPlan,
  timed: TimedAgent,
  at: TimedStep,
  step: ModelStep,
  random: Random,
): WireAttributes {
  const input: Turn[] = [...at.history];
  const output: Turn = { role: "assistant", text: step.text, calls: step.calls };
  const prompt = tokenCount(timed.agent.system) + tokenCount(input);
  const completion = tokenCount(step.text ?? step.calls);
  const tools = timed.agent.tools.map((tool, index): [string, WireValue] => [
    `llm.tools.${index}.tool.json_schema`,
    JSON.stringify({ type: "function", function: tool }),
  ]);
  return {
    "openinference.span.kind": "LLM",
    "llm.system": step.model.provider,
    "llm.provider": step.model.provider,
    "llm.model_name": step.model.answered,
    "llm.invocation_parameters": JSON.stringify({ model: step.model.requested, temperature: 0.2 }),
    "session.id": run.session,
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": timed.agent.system,
    ...Object.assign(
      {},
      ...input.map((turn, index) => flat("llm.input_messages", index + 1, turn)),
    ),
    ...flat("llm.output_messages", 0, output),
    ...Object.fromEntries(tools),
    ...json("output", [completionBody(step, prompt, completion, random)]),
    "llm.finish_reason": step.finish ?? (step.calls.length > 0 ? "tool_calls" : "stop"),
    "llm.token_count.prompt": prompt,
    "llm.token_count.completion": completion,
    "llm.token_count.total": prompt + completion,
  };
}

/** The provider's response as the instrumentation keeps it: the only place with logprobs and the build. */
function completionBody(
  step: ModelStep,
  prompt: number,
  completion: number,
  random: Random,
): unknown {
  const written = step.calls[0]?.name ?? step.text ?? "";
  const content = step.probability === null ? null : logprobsOf(written, step.probability, random);
  return {
    id: `chatcmpl-${random.hex(8)}`,
    object: "chat.completion",
    model: step.model.answered,
    system_fingerprint: step.model.build,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: step.text,
          ...(step.calls.length === 0 ? {} : { tool_calls: step.calls.map(openaiCall) }),
        },
        finish_reason: step.finish ?? (step.calls.length > 0 ? "tool_calls" : "stop"),
        logprobs: content === null ? null : { content },
      },
    ],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
    },
  };
}

function openaiCall(call: ModelStep["calls"][number]): unknown {
  const { id, name, args } = call;
  return { id, type: "function", function: { name, arguments: JSON.stringify(args) } };
}

function flat(prefix: string, index: number, turn: Turn): WireAttributes {
  const at = `${prefix}.${index}.message`;
  if (turn.role === "user") return { [`${at}.role`]: "user", [`${at}.content`]: turn.text };
  if (turn.role === "tool") {
    const content = typeof turn.content === "string" ? turn.content : JSON.stringify(turn.content);
    return {
      [`${at}.role`]: "tool",
      [`${at}.content`]: content,
      [`${at}.tool_call_id`]: turn.call.id,
    };
  }
  const calls = turn.calls.map((call, number): WireAttributes => {
    const path = `${at}.tool_calls.${number}.tool_call`;
    return {
      [`${path}.id`]: call.id,
      [`${path}.function.name`]: call.name,
      [`${path}.function.arguments`]: JSON.stringify(call.args),
    };
  });
  return {
    [`${at}.role`]: "assistant",
    ...(turn.text === null ? {} : { [`${at}.content`]: turn.text }),
    ...Object.assign({}, ...calls),
  };
}

function text(side: "input" | "output", value: string): WireAttributes {
  return { [`${side}.value`]: value, [`${side}.mime_type`]: "text/plain" };
}

function json(side: "input" | "output", value: unknown): WireAttributes {
  return { [`${side}.value`]: JSON.stringify(value), [`${side}.mime_type`]: "application/json" };
}
