import { policy } from "../../model/policy.ts";
import { uuidOf } from "./exported.ts";
import { inBatches, post, textIn } from "./api.ts";
import type { Conversation } from "./api.ts";
import { expectedOf, metadataOf, rowLosses } from "./exported.ts";
import type { ExportedCase, Loss } from "./exported.ts";

/**
 * Cases as records of a Braintrust dataset. Project and dataset are made where no one of that name is there; a record replaces the one of
 * the same id.
 *
 * @source what @braintrust/api 0.1.1 sends; Braintrust's API reference: "if there is an existing project (dataset) with the same name, will
 *         return the existing one unmodified", "id: … if there is an existing row with that id, it will be overwritten"
 */
export function* toBraintrust(
  cases: readonly ExportedCase[],
  dataset: string,
  project: string,
): Conversation {
  const owner = yield post("/v1/project", { name: project }, { id: uuidOf(`project/${project}`) });
  const projectId = textIn(owner, "id", "POST /v1/project");
  const made = yield post(
    "/v1/dataset",
    { name: dataset, project_id: projectId },
    { id: uuidOf(`dataset/${project}/${dataset}`) },
  );
  const path = `/v1/dataset/${textIn(made, "id", "POST /v1/dataset")}/insert`;
  for (const batch of inBatches(cases, policy("exportBatchCases"))) {
    const events = batch.map((exported) => {
      const { id, input, severity, failure_class, status } = exported.evalCase;
      return {
        id,
        input,
        expected: expectedOf(exported.evalCase),
        metadata: metadataOf(exported),
        tags: [severity, failure_class, ...(status === "active" ? [] : [status])],
      };
    });
    yield post(path, { events });
  }
}

/** What Braintrust does not keep of a case. */
export function braintrustLosses(exported: ExportedCase): readonly Loss[] {
  return rowLosses(exported, "Braintrust");
}
