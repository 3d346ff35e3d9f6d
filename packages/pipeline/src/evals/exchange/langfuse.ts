import { post } from "./api.ts";
import type { Conversation } from "./api.ts";
import { expectedOf, failingTrace, metadataOf, rowLosses } from "./exported.ts";
import type { ExportedCase, Loss } from "./exported.ts";

/**
 * Cases as items of a Langfuse dataset: the dataset by its name, then one item a case, which replaces the item of the same id. Item ids
 * are those of the cases and stand once in a project, whatever the dataset. A retired case is archived.
 *
 * @source what @langfuse/client 5.11.1 sends; Langfuse's API reference, "Create dataset item": upserted by id
 */
export function* toLangfuse(cases: readonly ExportedCase[], dataset: string): Conversation {
  yield post("/api/public/v2/datasets", { name: dataset, metadata: { source: "rootward" } });
  for (const exported of cases) {
    const { evalCase } = exported;
    const failing = failingTrace(evalCase);
    yield post("/api/public/dataset-items", {
      datasetName: dataset,
      id: evalCase.id,
      input: evalCase.input,
      expectedOutput: expectedOf(evalCase),
      metadata: metadataOf(exported),
      ...(failing === null ? {} : { sourceTraceId: failing.traceId }),
      ...(failing === null || failing.spanId === null
        ? {}
        : { sourceObservationId: failing.spanId }),
      status: evalCase.status === "retired" ? "ARCHIVED" : "ACTIVE",
    });
  }
}

/** What Langfuse does not keep of a case. */
export function langfuseLosses(exported: ExportedCase): readonly Loss[] {
  return rowLosses(exported, "Langfuse");
}
