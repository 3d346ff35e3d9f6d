import type { ReadOptions } from "@rootward/pipeline/ingest/read";
import type { TraceContent } from "@rootward/pipeline/model/span";
import type { ServerConfig } from "../config.ts";
import type { Settings } from "../context.ts";
import { hasEndedRoot } from "../open-traces.ts";

/** How contents are read: by what is declared, and by what was learned by then. */
export function readingOf(
  { contracts, rootward }: Pick<ServerConfig, "contracts" | "rootward">,
  settings: Settings,
): (content: TraceContent) => ReadOptions {
  return (content) => ({
    settingsFor: (workflow, environment) => settings.of(workflow, environment),
    contractFor: (workflow) => contracts.get(workflow) ?? null,
    map: rootward.map,
    closedBy: hasEndedRoot(content) ? "root" : "idle",
  });
}
