import { policy } from "../../model/policy.ts";
import { isObject } from "../pointer.ts";
import { inBatches, post, textIn } from "./api.ts";
import type { ApiAnswer, ApiCall, Conversation } from "./api.ts";
import {
  expectedOf,
  inputObject,
  metadataOf,
  rowLosses,
  uuidOf,
  wrappedInput,
} from "./exported.ts";
import type { ExportedCase, Loss } from "./exported.ts";

/** The id of a case's example: LangSmith wants a UUID, one for each dataset. */
export function langsmithId(dataset: string, caseId: string): string {
  return uuidOf(`langsmith/${dataset}/${caseId}`);
}

/** The split of a dataset that holds the cases of one severity. */
function parts(cases: readonly ExportedCase[], dataset: string) {
  return cases.flatMap((exported) => {
    const { evalCase } = exported;
    const id = langsmithId(dataset, evalCase.id);
    const expected = expectedOf(evalCase);
    const outputs = isObject(expected) ? expected : { output: expected };
    return [
      { name: id, value: { metadata: metadataOf(exported), split: evalCase.severity } },
      { name: `${id}.inputs`, value: inputObject(evalCase) },
      ...(expected === null ? [] : [{ name: `${id}.outputs`, value: outputs }]),
    ];
  });
}

function read(path: string): ApiCall {
  return { method: "GET", path, body: null, also: [], supposed: [] };
}

function items({ value }: ApiAnswer): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The dataset's id: of the one with that name, else of a new one. */
function* datasetId(dataset: string): Generator<ApiCall, string, ApiAnswer> {
  const query = new URLSearchParams({ limit: "1", name: dataset });
  const [found] = items(yield read(`/datasets?${String(query)}`));
  if (isObject(found) && typeof found["id"] === "string") return found["id"];
  const description = "Eval cases of a repository, kept there; written by rootward.";
  const body = { name: dataset, description, extra: { source: "sdk" }, data_type: "kv" };
  const made = yield post("/datasets", body, { id: uuidOf(`langsmith/${dataset}`) });
  return textIn(made, "id", "POST /datasets");
}

/**
 * Cases as examples of a LangSmith dataset, in splits by severity. Which of them are there is asked first: those are changed in place, the
 * others are added. Ids are made of the dataset's name and the case's id.
 *
 * @source what langsmith 0.12.0 sends (`readDataset`, `createDataset`, `listExamples`, `createExamples`, `updateExamples`)
 */
export function* toLangsmith(cases: readonly ExportedCase[], dataset: string): Conversation {
  const id = yield* datasetId(dataset);
  for (const batch of inBatches(cases, policy("exportBatchCases"))) {
    const query = new URLSearchParams({ dataset: id, inline_s3_urls: "true" });
    for (const { evalCase } of batch) query.append("id", langsmithId(dataset, evalCase.id));
    query.append("offset", "0");
    query.append("limit", "100");
    const known = new Set(
      items(yield read(`/examples?${String(query)}`)).map((item) =>
        isObject(item) ? item["id"] : null,
      ),
    );
    const isKnown = ({ evalCase }: ExportedCase) => known.has(langsmithId(dataset, evalCase.id));
    const path = `/v1/platform/datasets/${id}/examples`;
    for (const method of ["POST", "PATCH"] as const) {
      const chosen = batch.filter((exported) => isKnown(exported) === (method === "PATCH"));
      if (chosen.length === 0) continue;
      const body = { kind: "parts", parts: parts(chosen, dataset) } as const;
      yield { method, path, body, also: [], supposed: {} };
    }
  }
}

/** What LangSmith does not keep of a case. */
export function langsmithLosses(exported: ExportedCase): readonly Loss[] {
  return [...rowLosses(exported, "LangSmith"), ...wrappedInput(exported)];
}
