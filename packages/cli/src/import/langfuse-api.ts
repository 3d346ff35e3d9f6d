import { z } from "zod";
import { fromLangfuse } from "@rootward/pipeline/exchange/langfuse";
import { policy } from "@rootward/pipeline/model/policy";
import { OperatorError } from "../output.ts";
import { keyIn, page } from "./api-source.ts";
import type { Patience } from "./patient.ts";
import type { Part, Source } from "./source.ts";

interface Asked {
  readonly base: string;
  readonly sinceMs: number | null;
  /** No trace that began later: it may still be running, and pages must not move while they are read. */
  readonly untilMs: number;
  /** What the keys must open; null: whatever they open. */
  readonly project: string | null;
}

const Projects = z.object({ data: z.array(z.looseObject({ name: z.string() })) });
const Meta = z.looseObject({ totalItems: z.number(), totalPages: z.number() });
const Traces = z.object({
  data: z.array(z.looseObject({ id: z.string(), observations: z.array(z.unknown()).nullish() })),
  meta: Meta,
});
const Observations = z.object({ data: z.array(z.looseObject({})), meta: Meta });

/**
 * Traces of a Langfuse project: pages of `/api/public/traces`, oldest first, and for each trace the pages of its observations.
 *
 * @throws OperatorError  keys that are not set, or that open another project than the one named
 */
export function langfuseSource(asked: Asked, patience: Patience): Source {
  const login = `${keyIn("LANGFUSE_PUBLIC_KEY", "Langfuse")}:${keyIn("LANGFUSE_SECRET_KEY", "Langfuse")}`;
  const authorization = `Basic ${Buffer.from(login).toString("base64")}`;
  const get = async <T extends z.ZodType>(path: string, schema: T) =>
    await page(
      {
        product: "Langfuse",
        base: asked.base,
        path,
        headers: { authorization },
        keys: "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
        body: null,
        schema,
      },
      patience,
    );
  return { name: `Langfuse at ${asked.base}`, parts: () => partsOf(asked, get) };
}

type Get = <T extends z.ZodType>(path: string, schema: T) => Promise<z.output<T> | null>;

async function* partsOf(asked: Asked, get: Get): AsyncGenerator<Part> {
  if (asked.project !== null) await checkProject(asked, get, asked.project);
  const query = new URLSearchParams({
    limit: String(policy("importPageSize")),
    orderBy: "timestamp.asc",
    toTimestamp: new Date(asked.untilMs).toISOString(),
  });
  if (asked.sinceMs !== null) query.set("fromTimestamp", new Date(asked.sinceMs).toISOString());
  let done = 0;
  for (let number = 1; ; number++) {
    query.set("page", String(number));
    const traces = await get(`/api/public/traces?${String(query)}`, Traces);
    if (traces === null) return;
    for (const trace of traces.data) {
      const observations = await observationsOf(trace, get);
      if (observations === null) return;
      done += 1;
      const exchange = fromLangfuse([[trace], ...observations]);
      yield { exchange, done, of: traces.meta.totalItems };
    }
    if (traces.data.length === 0 || number >= traces.meta.totalPages) return;
  }
}

async function checkProject(asked: Asked, get: Get, project: string): Promise<void> {
  const projects = await get("/api/public/projects", Projects);
  const names = projects?.data.map(({ name }) => name) ?? [project];
  if (names.includes(project)) return;
  throw new OperatorError(
    `--project is "${project}"; the keys open ${names.map((name) => `"${name}"`).join(", ")} at ${asked.base}`,
    2,
  );
}

/** The observations of a trace, a list a page; null if it was stopped. */
async function observationsOf(
  trace: z.output<typeof Traces>["data"][number],
  get: Get,
): Promise<readonly unknown[] | null> {
  if (trace.observations?.length === 0) return [];
  const pages: unknown[] = [];
  for (let number = 1; ; number++) {
    const query = new URLSearchParams({
      traceId: trace.id,
      limit: String(policy("importPageSize")),
      page: String(number),
    });
    const found = await get(`/api/public/observations?${String(query)}`, Observations);
    if (found === null) return null;
    pages.push(found.data);
    if (found.data.length === 0 || number >= found.meta.totalPages) return pages;
  }
}
