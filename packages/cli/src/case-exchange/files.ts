import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { deepevalFile, deepevalLosses } from "@rootward/pipeline/evals/exchange/deepeval";
import type { ExportedCase, Loss } from "@rootward/pipeline/evals/exchange/exported";
import { jsonlFile, jsonlLosses } from "@rootward/pipeline/evals/exchange/jsonl";
import { promptfooFile, promptfooLosses } from "@rootward/pipeline/evals/exchange/promptfoo";
import type { PromptfooAgent, PromptfooSetting } from "@rootward/pipeline/evals/exchange/promptfoo";
import {
  promptfooAgentsModule,
  promptfooModule,
} from "@rootward/pipeline/evals/exchange/promptfoo-assertions";
import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import { timeoutMs } from "../candidate/adapter.ts";
import { configFolder } from "../config.ts";
import type { LoadedConfig } from "../config.ts";
import { messageOf, OperatorError } from "../output.ts";
import { packageUrl } from "../package-folder.ts";

export const fileTargets = ["promptfoo", "jsonl"] as const;
export type FileTarget = (typeof fileTargets)[number] | "deepeval";

/** A file as it would be written, with what it loses. */
export interface ExportFile {
  readonly text: string;
  readonly losses: readonly Loss[];
  /** The names of the files that must stand beside it, which come with this package. */
  readonly beside: readonly string[];
}

/** The text of an export to a file. `out`: where it will stand, since paths in it start there. */
export function exportFile(
  target: FileTarget,
  cases: readonly ExportedCase[],
  out: string,
  loaded: LoadedConfig,
): ExportFile {
  switch (target) {
    case "jsonl":
      return { text: jsonlFile(cases), losses: cases.flatMap(jsonlLosses), beside: [] };
    case "deepeval":
      return { text: deepevalFile(cases), losses: cases.flatMap(deepevalLosses), beside: [] };
    case "promptfoo": {
      const setting = promptfooSetting(dirname(resolve(out)), loaded);
      return {
        text: promptfooFile(cases, setting),
        losses: cases.flatMap((exported) => promptfooLosses(exported, setting)),
        beside: [promptfooModule, promptfooAgentsModule],
      };
    }
  }
}

function promptfooSetting(from: string, { config, path }: LoadedConfig): PromptfooSetting {
  const seen = (folder: string) => relative(from, folder) || ".";
  const agents = Object.entries(config.agents ?? {}).map(
    ([name, agent]): [string, PromptfooAgent] => [name, promptfooAgent(agent)],
  );
  return {
    agents: Object.fromEntries(agents),
    folder: seen(configFolder({ path })),
    folderOf: ({ file }) => seen(dirname(resolve(file))),
    trials: config.trials ?? {},
  };
}

function promptfooAgent(agent: AgentConfig): PromptfooAgent {
  const common = {
    timeoutMs: timeoutMs(agent),
    env: agent.env ?? {},
    toolUrls: Object.values(agent.tools ?? {}).flatMap((tool) =>
      tool.via !== "http" || tool.base_url_env === undefined ? [] : [tool.base_url_env],
    ),
  };
  switch (agent.adapter) {
    case "command":
      return { run: agent.run, ...common };
    case "module": {
      const { module, export: name, node_args: nodeArgs } = agent;
      return { module, ...(name && { export: name }), ...(nodeArgs && { nodeArgs }), ...common };
    }
    case "http": {
      const { url, method, headers, headers_env: headersEnv, request, response, start } = agent;
      return {
        url,
        ...(method && { method }),
        ...(headers && { headers }),
        ...(headersEnv && { headersEnv }),
        ...(request !== undefined && { request }),
        ...(response && { response }),
        ...(start && {
          start: {
            run: start.run,
            timeoutMs: timeoutMs(start),
            ...(start.ready && { ready: start.ready }),
          },
        }),
        ...common,
      };
    }
  }
}

const mark = "Written by `rootward cases export";

/**
 * Writes an export. Writing the same again changes nothing.
 *
 * @throws OperatorError  it cannot be written, or a config of somebody else stands there
 */
export function writeExport(target: FileTarget, out: string, file: ExportFile): void {
  const path = resolve(out);
  if (target === "promptfoo" && existsSync(path) && !readFileSync(path, "utf8").includes(mark)) {
    throw new OperatorError(
      `--out ${out} is a config that was not written by this command; name another file, and merge by hand`,
      2,
    );
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
    for (const name of file.beside) {
      const source = fileURLToPath(packageUrl(`promptfoo/${name}`));
      copyFileSync(source, join(dirname(path), name));
    }
    writeFileSync(path, file.text);
  } catch (error) {
    throw new OperatorError(`--out ${out} cannot be written: ${messageOf(error)}`, 2);
  }
}
