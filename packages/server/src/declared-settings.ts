import type { RunDigest } from "@rootward/pipeline/model/digest";
import {
  noSettings,
  type RootwardConfig,
  type WorkflowConfig,
  type WorkflowSettings,
} from "@rootward/pipeline/model/workflow";

/** What the hallway makes of a workflow's runs and of what a person declared of it. */
export type Learn = (
  runs: readonly RunDigest[],
  declared: WorkflowConfig | null,
) => WorkflowSettings;

/** The settings of a workflow of which nothing was learned. */
export function declaredSettings(
  config: RootwardConfig,
  learn: Learn,
): (workflow: string) => WorkflowSettings {
  const bare = new Map<string, WorkflowSettings>();
  return (workflow) => {
    const declared = config.workflows?.[workflow] ?? null;
    if (declared === null) return noSettings;
    const known = bare.get(workflow) ?? learn([], declared);
    bare.set(workflow, known);
    return known;
  };
}
