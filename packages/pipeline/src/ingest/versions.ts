import type { VersionText } from "../model/digest.ts";
import type { LlmCall, Run, ToolDefinition } from "../model/run.ts";
import { hashOf, promptHash, stableJson } from "./mask.ts";
import { oncePer, remembering } from "./memo.ts";
import { isRecord } from "./value.ts";

/** A prompt that holds retrieved context differs in every run: its lines beyond this many say nothing of the template. */
const promptLines = 200;

function firstLines(text: string): string {
  let end = -1;
  for (let line = 0; line < promptLines; line += 1) {
    end = text.indexOf("\n", end + 1);
    if (end < 0) return text;
  }
  return text.slice(0, end);
}

/**
 * The version of a tool, told apart by its definition. All runs of an agent repeat its tools: those that were sent one list share
 * its definitions (`definitionsIn`), others at least their JSON.
 */
const toolVersion = oncePer((tool: ToolDefinition) => definitionVersion(JSON.stringify(tool)));

const definitionVersion = remembering(500, (definition: string): VersionText => {
  const { name, description, parameters }: ToolDefinition = JSON.parse(definition);
  const told = isRecord(parameters)
    ? Object.fromEntries(Object.entries(parameters).filter(([key]) => key !== "$schema"))
    : parameters;
  const text = JSON.stringify({ name, description, parameters: told }, null, 2);
  return { hash: hashOf(stableJson(JSON.parse(text))), text };
});

/** What one agent's calls say of its model and prompt: the first prompt, of the rest what was told last. */
interface Told {
  system: string | null;
  requested: string | null;
  answered: string | null;
  build: string | null;
}

function toldByAgent(run: Run): ReadonlyMap<string, Told> {
  const byAgent = new Map<string, Told>();
  for (const call of run.llmCalls) {
    const agent = call.agent ?? run.workflow;
    const told = byAgent.get(agent);
    if (told === undefined) byAgent.set(agent, firstTold(call));
    else {
      told.system ??= call.system.value;
      told.requested = call.modelRequested ?? told.requested;
      told.answered = call.modelAnswered ?? told.answered;
      told.build = call.modelBuild ?? told.build;
    }
  }
  return byAgent;
}

function firstTold(call: LlmCall): Told {
  return {
    system: call.system.value,
    requested: call.modelRequested,
    answered: call.modelAnswered,
    build: call.modelBuild,
  };
}

/** Everything of a run that can change between runs, flat, with the text behind each hash. Source: `RunDigest.versions`. */
export function versionsOf(run: Run): {
  readonly versions: Readonly<Record<string, string>>;
  readonly texts: readonly VersionText[];
} {
  const versions: Record<string, string> = {};
  const texts = new Map<string, string>();
  for (const [agent, told] of toldByAgent(run)) {
    if (told.system !== null) {
      const text = firstLines(told.system);
      const hash = promptHash(text);
      versions[`prompt:${agent}`] = hash;
      texts.set(hash, text);
    }
    if (told.requested !== null) versions[`model_requested:${agent}`] = told.requested;
    if (told.answered !== null) versions[`model_answered:${agent}`] = told.answered;
    if (told.build !== null) versions[`model_build:${agent}`] = told.build;
  }
  for (const tool of run.toolset.tools) {
    const { hash, text } = toolVersion(tool);
    versions[`tool_schema:${tool.name}`] = hash;
    texts.set(hash, text);
  }
  if (run.prompt.version !== null)
    versions["prompt_version"] = `${run.prompt.name ?? "prompt"} ${run.prompt.version}`;
  for (const { dataSource } of run.retrievals)
    if (dataSource !== null) versions[`index:${dataSource}`] = dataSource;
  if (run.indexVersion !== null) versions["index:retrieval"] = run.indexVersion;
  for (const [key, value] of Object.entries(run.flags ?? {})) versions[`config:${key}`] = value;
  if (run.deployment.version !== null) versions["deploy"] = run.deployment.version;
  if (run.deployment.commit !== null) versions["commit"] = run.deployment.commit;
  return { versions, texts: [...texts].map(([hash, text]) => ({ hash, text })) };
}
