import type { ModelStep, RunPlan, ToolSpec, ToolStep } from "../plan.ts";
import type { Random } from "../random.ts";
import { timelineOf, tokenCount, type TimedAgent, type TimedStep, type Turn } from "../timeline.ts";
import type { WireAttributes, WireScope, WireSpan } from "../wire.ts";
import { base, intakeSpan, resourceOf, thrown, type Base } from "./common.ts";

const scope: WireScope = { name: "agentkit.telemetry", version: "0.9.2" };

/** A run as spans of the OpenTelemetry GenAI semantic conventions (2026 form), in the order of export: children first. */
export function genaiSpans(run: RunPlan, random: Random): WireSpan[] {
  const timeline = timelineOf(run, random);
  const resource = resourceOf(run);
  const root = base({ traceId: run.traceId, scope, resource }, random);
  const spans: WireSpan[] = [];
  for (const agent of timeline.agents) spans.push(...agentSpans(run, agent, root, random));
  spans.push(...intakeSpan(run, timeline, root, random));
  spans.push({
    ...root,
    parentSpanId: null,
    name: `invoke_workflow ${run.workflow}`,
    kind: "internal",
    startMs: timeline.startMs,
    endMs: timeline.endMs,
    attributes: {
      "gen_ai.operation.name": "invoke_workflow",
      "gen_ai.workflow.name": run.workflow,
      "user.id": run.user,
    },
  });
  return spans;
}

function agentSpans(run: RunPlan, timed: TimedAgent, root: Base, random: Random): WireSpan[] {
  const own = base(root, random);
  const { agent } = timed;
  const spans = timed.steps.flatMap((at) => stepSpans(run, timed, at, own, random));
  const { confidence, taskType } = agent.declared;
  spans.push({
    ...own,
    parentSpanId: root.spanId,
    name: `invoke_agent ${agent.name}`,
    kind: "internal",
    startMs: timed.startMs,
    endMs: timed.endMs,
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": agent.name,
      "gen_ai.conversation.id": run.session,
      ...(agent.dataSource === null ? {} : { "gen_ai.data_source.id": agent.dataSource }),
      "gen_ai.input.messages": messages([{ role: "user", text: agent.question }]),
      "gen_ai.output.messages": messages([{ role: "assistant", text: timed.answer, calls: [] }]),
      ...(confidence === null ? {} : { "agent.behavioral.confidence": { double: confidence } }),
      ...(taskType === null ? {} : { "agent.behavioral.task_type": taskType }),
    },
  });
  return spans;
}

function stepSpans(
  run: RunPlan,
  timed: TimedAgent,
  at: TimedStep,
  parent: Base,
  random: Random,
): WireSpan[] {
  const own = base(parent, random);
  const times = {
    startMs: at.startMs,
    endMs: at.endMs,
    parentSpanId: parent.spanId,
    of: at.step,
  };
  if (at.step.kind === "model") {
    const attributes = modelAttributes(run, timed, at, at.step, random);
    const name = `chat ${at.step.model.requested}`;
    return [{ ...own, ...times, name, kind: "client", attributes }];
  }
  const tool = at.step;
  const failure = thrown(tool, at.endMs);
  return [
    ...retrievalSpans(tool, at, own, random),
    {
      ...own,
      ...times,
      ...failure,
      name: `execute_tool ${tool.call.name}`,
      kind: "internal",
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool.call.name,
        "gen_ai.tool.type": tool.retrieval ? "datastore" : "function",
        "gen_ai.tool.call.id": tool.call.id,
        "gen_ai.tool.call.arguments": JSON.stringify(tool.call.args),
        ...(tool.thrown
          ? { "error.type": tool.thrown.type }
          : { "gen_ai.tool.call.result": JSON.stringify(tool.result) }),
      },
    },
  ];
}

function retrievalSpans(tool: ToolStep, at: TimedStep, parent: Base, random: Random): WireSpan[] {
  const { retrieval } = tool;
  if (!retrieval || tool.thrown) return [];
  return [
    {
      ...base(parent, random),
      parentSpanId: parent.spanId,
      name: `retrieval ${retrieval.dataSource}`,
      kind: "client",
      startMs: at.startMs + 0.4,
      endMs: at.endMs - 0.3,
      of: at.step,
      attributes: {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.data_source.id": retrieval.dataSource,
        "gen_ai.retrieval.top_k": retrieval.topK,
        "gen_ai.retrieval.query.text": retrieval.query,
        "gen_ai.retrieval.documents": JSON.stringify(
          retrieval.documents.map(({ id, score }) => ({ id, score })),
        ),
      },
    },
  ];
}

function modelAttributes(
  run: RunPlan,
  timed: TimedAgent,
  at: TimedStep,
  step: ModelStep,
  random: Random,
): WireAttributes {
  const { model } = step;
  const finish = step.finish ?? (step.calls.length > 0 ? "tool_call" : "stop");
  const output: Turn = { role: "assistant", text: step.text, calls: step.calls };
  const input = messages(at.history);
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": model.provider,
    "gen_ai.request.model": model.requested,
    "gen_ai.response.model": model.answered,
    "gen_ai.response.id": `resp_${random.hex(6)}`,
    "gen_ai.openai.response.system_fingerprint": model.build,
    "gen_ai.conversation.id": run.session,
    "gen_ai.system_instructions": JSON.stringify([{ type: "text", content: timed.agent.system }]),
    "gen_ai.tool.definitions": JSON.stringify(timed.agent.tools.map(definition)),
    "gen_ai.input.messages": input,
    "gen_ai.output.messages": messages([output], finish),
    "gen_ai.response.finish_reasons": [finish],
    "gen_ai.usage.input_tokens": tokenCount(input) + tokenCount(timed.agent.system),
    "gen_ai.usage.output_tokens": tokenCount(step.text ?? step.calls),
  };
}

function definition(tool: ToolSpec): unknown {
  const { name, description, parameters } = tool;
  return { type: "function", name, description, parameters };
}

function messages(turns: readonly Turn[], finish?: string): string {
  return JSON.stringify(
    turns.map((turn) => ({
      role: turn.role,
      parts: parts(turn),
      ...(finish === undefined ? {} : { finish_reason: finish }),
    })),
  );
}

function parts(turn: Turn): unknown[] {
  switch (turn.role) {
    case "user":
      return [{ type: "text", content: turn.text }];
    case "assistant":
      return [
        ...(turn.text === null ? [] : [{ type: "text", content: turn.text }]),
        ...turn.calls.map(({ id, name, args }) => ({
          type: "tool_call",
          id,
          name,
          arguments: args,
        })),
      ];
    case "tool":
      return [{ type: "tool_call_response", id: turn.call.id, response: turn.content }];
  }
}
