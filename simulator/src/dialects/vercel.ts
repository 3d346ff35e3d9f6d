import type { ModelStep, RunPlan, ToolSpec } from "../plan.ts";
import type { Random } from "../random.ts";
import {
  logprobsOf,
  timelineOf,
  tokenCount,
  type TimedAgent,
  type TimedStep,
  type Turn,
} from "../timeline.ts";
import type { WireAttributes, WireScope, WireSpan } from "../wire.ts";
import { base, intakeSpan, resourceOf, thrown, type Base } from "./common.ts";

const scope: WireScope = { name: "ai", version: "" };

/** A run of one agent as Vercel AI SDK spans (`ai.*`, as its versions 5 and 6 write them), children first. */
export function vercelSpans(run: RunPlan, random: Random): WireSpan[] {
  const timeline = timelineOf(run, random);
  const shared = { traceId: run.traceId, scope, resource: resourceOf(run) };
  return timeline.agents.flatMap((timed) => {
    const root = base(shared, random);
    const spans = timed.steps.map((at) => stepSpan(run, timed, at, root, random));
    spans.push(...intakeSpan(run, timeline, root, random));
    const last = timed.steps.findLast((at) => at.step.kind === "model");
    spans.push({
      ...root,
      parentSpanId: null,
      name: "ai.generateText",
      kind: "internal",
      startMs: timeline.startMs,
      endMs: timeline.endMs,
      attributes: {
        ...operation(run, timed, "ai.generateText"),
        "ai.prompt": JSON.stringify({
          system: timed.agent.system,
          prompt: timed.agent.question,
        }),
        ...(last?.step.kind === "model" ? settings(last.step) : {}),
        "ai.response.finishReason": "stop",
        "ai.response.text": timed.answer,
      },
    });
    return spans;
  });
}

function operation(run: RunPlan, timed: TimedAgent, id: string): WireAttributes {
  return {
    "operation.name": `${id} ${timed.agent.name}`,
    "resource.name": timed.agent.name,
    "ai.operationId": id,
    "ai.telemetry.functionId": timed.agent.name,
    "ai.telemetry.metadata.sessionId": run.session,
    "ai.telemetry.metadata.userId": run.user,
  };
}

function settings(step: ModelStep): WireAttributes {
  return {
    "ai.model.provider": `${step.model.provider}.chat`,
    "ai.model.id": step.model.requested,
    "ai.settings.maxRetries": 2,
  };
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
    return { ...own, ...times, name: "ai.generateText.doGenerate", attributes };
  }
  const { call, result } = at.step;
  return {
    ...own,
    ...times,
    ...thrown(at.step, at.endMs),
    name: "ai.toolCall",
    attributes: {
      ...operation(run, timed, "ai.toolCall"),
      "ai.toolCall.name": call.name,
      "ai.toolCall.id": call.id,
      "ai.toolCall.args": JSON.stringify(call.args),
      ...(at.step.thrown ? {} : { "ai.toolCall.result": JSON.stringify(result) }),
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
  const finish = step.finish ?? (step.calls.length > 0 ? "tool-calls" : "stop");
  const prompt = JSON.stringify([
    { role: "system", content: timed.agent.system },
    ...at.history.map(message),
  ]);
  const input = tokenCount(prompt);
  const output = tokenCount(step.text ?? step.calls);
  const id = `chatcmpl-${random.hex(8)}`;
  return {
    ...operation(run, timed, "ai.generateText.doGenerate"),
    ...settings(step),
    "ai.prompt.messages": prompt,
    "ai.prompt.tools": timed.agent.tools.map(definition),
    "ai.prompt.toolChoice": JSON.stringify({ type: "auto" }),
    "gen_ai.system": `${step.model.provider}.chat`,
    "gen_ai.request.model": step.model.requested,
    "ai.response.finishReason": finish,
    "ai.response.text": step.text ?? "",
    ...(step.calls.length === 0 ? {} : { "ai.response.toolCalls": requested(step) }),
    "ai.response.id": id,
    "ai.response.model": step.model.answered,
    "ai.response.providerMetadata": providerMetadata(step, random),
    "ai.usage.inputTokens": input,
    "ai.usage.outputTokens": output,
    "ai.usage.totalTokens": input + output,
    "gen_ai.response.finish_reasons": [finish],
    "gen_ai.response.id": id,
    "gen_ai.response.model": step.model.answered,
    "gen_ai.usage.input_tokens": input,
    "gen_ai.usage.output_tokens": output,
  };
}

function requested(step: ModelStep): string {
  return JSON.stringify(
    step.calls.map(({ id, name, args }) => ({ toolCallId: id, toolName: name, input: args })),
  );
}

function providerMetadata(step: ModelStep, random: Random): string {
  if (step.probability === null) return JSON.stringify({ [step.model.provider]: {} });
  const written = step.calls[0]?.name ?? step.text ?? "";
  const logprobs = logprobsOf(written, step.probability, random);
  return JSON.stringify({ [step.model.provider]: { logprobs } });
}

function definition(tool: ToolSpec): string {
  const { name, description, parameters } = tool;
  return JSON.stringify({ type: "function", name, description, inputSchema: parameters });
}

function message(turn: Turn): unknown {
  switch (turn.role) {
    case "user":
      return { role: "user", content: [{ type: "text", text: turn.text }] };
    case "assistant":
      return {
        role: "assistant",
        content: [
          ...(turn.text === null ? [] : [{ type: "text", text: turn.text }]),
          ...turn.calls.map(({ id, name, args }) => ({
            type: "tool-call",
            toolCallId: id,
            toolName: name,
            input: args,
          })),
        ],
      };
    case "tool":
      return { role: "tool", content: [toolResult(turn)] };
  }
}

function toolResult(turn: Extract<Turn, { role: "tool" }>): unknown {
  const output = turn.failed
    ? { type: "error-text", value: turn.content }
    : { type: "json", value: turn.content };
  return { type: "tool-result", toolCallId: turn.call.id, toolName: turn.call.name, output };
}
