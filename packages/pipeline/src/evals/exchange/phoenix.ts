import { isObject } from "../pointer.ts";
import { ApiRefusal, post } from "./api.ts";
import type { Conversation } from "./api.ts";
import {
  expectedOf,
  failingTrace,
  inputObject,
  metadataOf,
  rowLosses,
  wrappedInput,
} from "./exported.ts";
import type { ExportedCase, Loss } from "./exported.ts";

/** The first release whose datasets take ids of examples. Source: @arizeai/phoenix-client 6.14.2, DATASET_UPLOAD_EXAMPLE_IDS. */
const firstMajor = 15;

/**
 * Cases as examples of a Phoenix dataset, one request with all of them: the dataset is made equal to what is sent, by the ids of the cases.
 *
 * @source what @arizeai/phoenix-client 6.14.2 sends (`createDataset`)
 */
export function* toPhoenix(cases: readonly ExportedCase[], dataset: string): Conversation {
  const answer = yield {
    method: "GET",
    path: "/arize_phoenix_version",
    body: null,
    also: [],
    supposed: `${firstMajor}.0.0`,
  };
  const version = String(answer.value);
  const major = Number(/^v?(\d+)\./.exec(version)?.[1] ?? Number.NaN);
  if (!(major >= firstMajor)) {
    throw new ApiRefusal(
      `Phoenix says it is version "${version.slice(0, 40)}"; ids of examples, without which a second export would double them, need ${firstMajor}.0.0 or newer`,
    );
  }
  const rows = cases.map(({ evalCase }) => evalCase);
  const spans = rows.map((row) => failingTrace(row)?.spanId ?? null);
  yield post("/v1/datasets/upload?sync=true", {
    name: dataset,
    description: "Eval cases of a repository, kept there; written by rootward.",
    action: "update",
    inputs: rows.map(inputObject),
    outputs: rows.map((row) => {
      const expected = expectedOf(row);
      if (expected === null) return {};
      return isObject(expected) ? expected : { output: expected };
    }),
    metadata: cases.map(metadataOf),
    splits: rows.map(({ severity }) => [severity]),
    ...(spans.some((span) => span !== null) ? { span_ids: spans } : {}),
    example_ids: rows.map(({ id }) => id),
  });
}

/** What Phoenix does not keep of a case. */
export function phoenixLosses(exported: ExportedCase): readonly Loss[] {
  return [...rowLosses(exported, "Phoenix"), ...wrappedInput(exported)];
}
