import type { Convention, Run, ToolDefinition } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { findText } from "./fields.ts";
import { hashOf, masked, promptHash, stableJson } from "./mask.ts";
import { oncePer } from "./memo.ts";
import type { Step } from "./steps.ts";
import type { ToolRead } from "./tools.ts";

/** The prompt by which a run was led: as the sender names it, and the hash of its masked system text. */
export function promptOf(calls: readonly ReadCall[]): Run["prompt"] {
  const named = calls.find(
    (call) =>
      findText(call.step.span, "promptName") !== null ||
      findText(call.step.span, "promptVersion") !== null,
  );
  const system = calls.find((call) => call.system.value !== null)?.system.value ?? null;
  return {
    name: named === undefined ? null : findText(named.step.span, "promptName"),
    version: named === undefined ? null : findText(named.step.span, "promptVersion"),
    hash: system === null ? null : promptHash(system),
    text: system === null ? null : masked(system),
  };
}

const toolJson = oncePer((tool: ToolDefinition) => stableJson(tool));

/** The tools that the model calls were offered, by name. */
export function toolsetOf(calls: readonly ReadCall[]): Run["toolset"] {
  const byName = new Map<string, ToolDefinition>();
  for (const call of calls)
    for (const tool of call.tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  const tools = [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  // The JSON of the list, of whose items most came before.
  const json = `[${tools.map(toolJson).join(",")}]`;
  return { hash: tools.length === 0 ? null : hashOf(json), tools };
}

/** How much of what was said and returned the spans hold. */
export function contentOf(
  calls: readonly ReadCall[],
  tools: readonly ToolRead[],
  output: Run["output"],
): Run["contentCaptured"] {
  const said = (call: ReadCall): boolean =>
    [...call.input, ...call.output].some((message) =>
      message.parts.some((part) => part.t === "text" && message.role !== "system"),
    );
  const whole = calls.filter((call) => call.failure === null);
  const seen = [
    ...whole.map(said),
    ...tools.map((read) => read.call.result.value !== null || read.call.failure !== null),
  ];
  if (seen.length === 0) return output.value === null ? "none" : "full";
  if (seen.every(Boolean)) return "full";
  return seen.some(Boolean) ||
    output.value !== null ||
    tools.some((read) => read.call.args.value !== null)
    ? "partial"
    : "none";
}

/** The conventions that the steps speak, the most frequent first; `app` only where there is no other. */
export function conventionsOf(steps: readonly Step[]): readonly Convention[] {
  const counts = new Map<Convention, number>();
  for (const step of steps)
    if (step.kind !== "other") counts.set(step.convention, (counts.get(step.convention) ?? 0) + 1);
  const known = [...counts].filter(([name]) => name !== "app");
  return (known.length > 0 ? known : [...counts])
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name]) => name);
}

/** What a reader should know of how complete the spans are. */
export function warningsOf(steps: readonly Step[]): readonly string[] {
  const cut = steps.filter((step) => step.span.attributes.has("rootward.truncated")).length;
  return cut === 0 ? [] : [`${cut} spans have an attribute that was cut`];
}
