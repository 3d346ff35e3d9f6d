import { z } from "zod";
import type { ReviewBook } from "@rootward/pipeline/diagnose/review/book";
import { policy } from "@rootward/pipeline/model/policy";
import { Annotation, FailureMode, ReviewBatch } from "@rootward/pipeline/model/review";
import type { ReviewRecord } from "@rootward/pipeline/model/review";
import type { Run } from "@rootward/pipeline/model/run";
import { decodeRun } from "@rootward/pipeline/model/run-json";
import { requestJson } from "../api.ts";
import { OperatorError } from "../output.ts";
import { login } from "../person.ts";

/** A workflow in an environment of a server. */
export interface Place {
  readonly url: string;
  readonly workflow: string;
  readonly environment: string;
}

const Workflows = z.object({
  workflows: z.array(z.object({ workflow: z.string(), environment: z.string(), runs: z.number() })),
});
const Book = z.object({
  annotations: z.array(Annotation),
  modes: z.array(FailureMode),
  batches: z.array(ReviewBatch),
});
const Made = z.object({ batch: ReviewBatch, ranking: z.string() });
const Shown = z.object({
  run: z.unknown(),
  digest: z.object({ failed: z.array(z.string()) }),
  standing: z.object({ failed: z.array(z.string()), cluster: z.string().nullable() }).nullable(),
  diagnosed: z
    .object({
      cluster: z.string(),
      origin: z
        .object({ agent: z.string().nullable(), tool: z.string().nullable(), kind: z.string() })
        .nullable(),
    })
    .nullable(),
});

/** What Rootward says of a run: shown when its annotation is saved, and not before. */
export interface Concluded {
  readonly failed: readonly string[];
  readonly cluster: string | null;
  readonly origin: string | null;
}

function parsedBy<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new OperatorError(
    `the server's ${what} is not as this version knows it (${result.error.issues[0]?.path.join(".") ?? ""}): is it of another version?`,
  );
}

function pathOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return given.length === 0 ? path : `${path}?${given.join("&")}`;
}

/** Who reads: as told, else the variable ROOTWARD_REVIEWER, else the name of the user of this machine. */
export function reviewerOf(told: string | undefined): string {
  const name = (told ?? process.env["ROOTWARD_REVIEWER"] ?? login() ?? "").trim();
  if (name === "") throw new OperatorError("--reviewer is empty; expected a name", 2);
  return name;
}

/**
 * The workflow and environment that are meant: as told, as far as that leaves only one.
 *
 * @throws OperatorError  naming all that there are, where none or several fit
 */
export async function placeOf(
  url: string,
  told: { readonly workflow?: string | undefined; readonly environment?: string | undefined },
): Promise<Place> {
  const { workflows } = parsedBy(Workflows, await requestJson(url, "/api/review"), "status");
  const fit = workflows.filter(
    ({ workflow, environment }) =>
      (told.workflow === undefined || workflow === told.workflow) &&
      (told.environment === undefined || environment === told.environment),
  );
  const [only] = fit;
  if (only !== undefined && fit.length === 1) return { url, ...only };
  const all = workflows.map((one) => `${one.workflow} (${one.environment})`).join(", ");
  if (workflows.length === 0) throw new OperatorError("the server has no runs to read yet");
  const asked = [told.workflow, told.environment].filter((one) => one !== undefined).join(" in ");
  throw new OperatorError(
    fit.length === 0
      ? `no runs of ${asked}; there are: ${all}`
      : `several workflows have runs; name one with --workflow and --environment: ${all}`,
    2,
  );
}

/** Annotations, modes and batches of a place. */
export async function bookAt({ url, workflow, environment }: Place): Promise<ReviewBook> {
  const path = pathOf("/api/review/book", { workflow, environment });
  return { blind: [], ...parsedBy(Book, await requestJson(url, path), "review book") };
}

/** Has a batch made: kept, or with `dry` only shown. */
export async function newBatch(
  { url, workflow, environment }: Place,
  asked: {
    readonly size?: number | undefined;
    readonly start?: number | undefined;
    readonly by: string;
    readonly dry: boolean;
  },
): Promise<z.infer<typeof Made>> {
  const body = { workflow, environment, ...asked };
  return parsedBy(Made, await requestJson(url, "/api/review/batches", body), "batch");
}

/** The status of a review as the server gives it. */
export async function statusAt(
  url: string,
  told: { readonly workflow?: string | undefined; readonly environment?: string | undefined },
): Promise<unknown> {
  return await requestJson(url, pathOf("/api/review", told));
}

const Added = z.object({ added: z.number(), known: z.number() });

/** Stores records, in parts that a request may hold. Those that are stored already stay as they are. */
export async function addRecords(
  url: string,
  records: readonly ReviewRecord[],
): Promise<z.infer<typeof Added>> {
  const total = { added: 0, known: 0 };
  for (const part of parts(records)) {
    const answer = parsedBy(Added, await requestJson(url, "/api/review/records", part), "answer");
    total.added += answer.added;
    total.known += answer.known;
  }
  return total;
}

function* parts(records: readonly ReviewRecord[]): Generator<readonly ReviewRecord[]> {
  const most = policy("jsonBodyLimitBytes") / 2;
  let part: ReviewRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = Buffer.byteLength(JSON.stringify(record));
    if (part.length > 0 && bytes + size > most) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** A run to be read, and what was concluded of it, kept apart. */
export async function runAt(
  url: string,
  id: string,
): Promise<{ readonly run: Run; readonly concluded: Concluded }> {
  const shown = parsedBy(Shown, await requestJson(url, `/api/runs/${id}`), "run");
  const origin = shown.diagnosed?.origin ?? null;
  return {
    run: decodeRun(JSON.stringify(shown.run)),
    concluded: {
      failed: shown.standing?.failed ?? shown.digest.failed,
      cluster: shown.standing?.cluster ?? shown.diagnosed?.cluster ?? null,
      origin: origin === null ? null : (origin.tool ?? origin.agent ?? origin.kind),
    },
  };
}
