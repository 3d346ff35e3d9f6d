import type { VersionText } from "../model/digest.ts";
import type { LlmCall, Run } from "../model/run.ts";
import { hashOf, masked, stableJson } from "./mask.ts";
import { isRecord } from "./value.ts";

/** A prompt that holds retrieved context differs in every run: its lines beyond this many say nothing of the template. */
const promptLines = 200;

/** The masked text of a prompt, by which its versions are told apart; the text is kept as it was sent, for a diff. */
function promptOf(calls: readonly LlmCall[]): string | null {
  const system = calls.find((call) => call.system.value !== null)?.system.value ?? null;
  return system === null ? null : system.split("\n").slice(0, promptLines).join("\n");
}

function definitionText(tool: Run["toolset"]["tools"][number]): string {
  const parameters = isRecord(tool.parameters)
    ? Object.fromEntries(Object.entries(tool.parameters).filter(([key]) => key !== "$schema"))
    : tool.parameters;
  return JSON.stringify({ name: tool.name, description: tool.description, parameters }, null, 2);
}

/** Everything of a run that can change between runs, flat, with the text behind each hash. Source: `RunDigest.versions`. */
export function versionsOf(run: Run): {
  readonly versions: Readonly<Record<string, string>>;
  readonly texts: readonly VersionText[];
} {
  const versions: Record<string, string> = {};
  const texts = new Map<string, string>();
  const byAgent = callsByAgent(run);
  for (const [agent, calls] of byAgent) {
    const prompt = promptOf(calls);
    if (prompt !== null) {
      const hash = hashOf(masked(prompt));
      versions[`prompt:${agent}`] = hash;
      texts.set(hash, prompt);
    }
    const last = (read: (call: LlmCall) => string | null): string | null =>
      calls.map(read).findLast((value) => value !== null) ?? null;
    const told = {
      model_requested: last((call) => call.modelRequested),
      model_answered: last((call) => call.modelAnswered),
      model_build: last((call) => call.modelBuild),
    };
    for (const [name, value] of Object.entries(told))
      if (value !== null) versions[`${name}:${agent}`] = value;
  }
  for (const tool of run.toolset.tools) {
    const text = definitionText(tool);
    const hash = hashOf(stableJson(JSON.parse(text)));
    versions[`tool_schema:${tool.name}`] = hash;
    texts.set(hash, text);
  }
  if (run.prompt.version !== null)
    versions["prompt_version"] = `${run.prompt.name ?? "prompt"} ${run.prompt.version}`;
  for (const retrieval of run.retrievals) {
    if (retrieval.dataSource !== null)
      versions[`index:${retrieval.dataSource}`] = retrieval.dataSource;
  }
  if (run.indexVersion !== null) versions["index:retrieval"] = run.indexVersion;
  if (run.deployment.version !== null) versions["deploy"] = run.deployment.version;
  if (run.deployment.commit !== null) versions["commit"] = run.deployment.commit;
  return { versions, texts: [...texts].map(([hash, text]) => ({ hash, text })) };
}

function callsByAgent(run: Run): ReadonlyMap<string, readonly LlmCall[]> {
  const byAgent = new Map<string, LlmCall[]>();
  for (const call of run.llmCalls) {
    const agent = call.agent ?? run.workflow;
    byAgent.set(agent, [...(byAgent.get(agent) ?? []), call]);
  }
  return byAgent;
}
