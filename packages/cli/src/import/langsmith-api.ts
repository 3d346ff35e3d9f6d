import { z } from "zod";
import { namesIn } from "@rootward/pipeline/exchange/exchange";
import { fromLangsmith } from "@rootward/pipeline/exchange/langsmith";
import { policy } from "@rootward/pipeline/model/policy";
import { OperatorError } from "../output.ts";
import { keyIn, page } from "./api-source.ts";
import type { Patience } from "./patient.ts";
import type { Part, Source } from "./source.ts";

interface Asked {
  readonly base: string;
  readonly sinceMs: number | null;
  /** No trace that began later: it may still be running. */
  readonly untilMs: number;
  /** A project's name; null: every project. */
  readonly project: string | null;
}

const Sessions = z.array(z.looseObject({ id: z.string(), name: z.string() }));
type Session = z.output<typeof Sessions>[number];
const Runs = z.object({
  runs: z.array(z.looseObject({ start_time: z.string() })),
  cursors: z.looseObject({ next: z.string().nullish() }).nullish(),
});

/** What is asked of a run; the rest LangSmith derives, or keeps for its page. */
const select = namesIn(`
  id trace_id parent_run_id dotted_order name run_type start_time end_time status error inputs
  outputs extra tags session_id prompt_tokens completion_tokens total_tokens feedback_stats
  inputs_s3_urls outputs_s3_urls serialized
`);

/**
 * Runs of LangSmith's projects: `POST /api/v1/runs/query`, oldest first, by cursor. Traces that began before `--since`, or lately, are
 * left out whole.
 *
 * @throws OperatorError  a key that is not set, or a project that does not exist
 */
export function langsmithSource(asked: Asked, patience: Patience): Source {
  const headers = { "x-api-key": keyIn("LANGSMITH_API_KEY", "LangSmith") };
  const ask = async <T extends z.ZodType>(path: string, body: unknown, schema: T) =>
    await page(
      {
        product: "LangSmith",
        base: asked.base,
        path: `/api/v1${path}`,
        headers,
        keys: "LANGSMITH_API_KEY",
        body,
        schema,
      },
      patience,
    );
  return { name: `LangSmith at ${asked.base}`, parts: () => partsOf(asked, ask) };
}

type Ask = <T extends z.ZodType>(
  path: string,
  body: unknown,
  schema: T,
) => Promise<z.output<T> | null>;

async function* partsOf(asked: Asked, ask: Ask): AsyncGenerator<Part> {
  const sessions = await sessionsOf(asked, ask);
  for (const [index, session] of (sessions ?? []).entries())
    for await (const { exchange, done } of runsOf(asked, ask, session))
      yield { exchange, done: index + done, of: sessions?.length ?? 1 };
}

/** The projects that are read: the one that was named, or all that are no experiments. null if it was stopped. */
async function sessionsOf(asked: Asked, ask: Ask): Promise<readonly Session[] | null> {
  const all: Session[] = [];
  for (;;) {
    const query = new URLSearchParams({
      reference_free: "true",
      limit: String(policy("importPageSize")),
      offset: String(all.length),
    });
    if (asked.project !== null) query.set("name", asked.project);
    const found = await ask(`/sessions?${String(query)}`, null, Sessions);
    if (found === null) return null;
    all.push(...found);
    if (found.length < policy("importPageSize")) break;
  }
  if (asked.project === null) return all;
  const named = all.filter(({ name }) => name === asked.project);
  if (named.length > 0) return named;
  throw new OperatorError(`LangSmith at ${asked.base} has no project "${asked.project}"`, 2);
}

async function* runsOf(
  asked: Asked,
  ask: Ask,
  session: Session,
): AsyncGenerator<{ readonly exchange: Part["exchange"]; readonly done: number }> {
  const until = `lt(start_time, "${new Date(asked.untilMs).toISOString()}")`;
  const since = asked.sinceMs === null ? null : new Date(asked.sinceMs).toISOString();
  let cursor: string | null = null;
  let firstMs: number | null = null;
  for (;;) {
    const body: Record<string, unknown> = {
      session: [session.id],
      order: "asc",
      limit: policy("importPageSize"),
      select,
      // By the root's start, so that a trace is read whole or not at all; its runs begin no earlier.
      trace_filter: since === null ? until : `and(gte(start_time, "${since}"), ${until})`,
      ...(since === null ? {} : { start_time: since }),
      ...(cursor === null ? {} : { cursor }),
    };
    const answer: z.output<typeof Runs> | null = await ask("/runs/query", body, Runs);
    if (answer === null || answer.runs.length === 0) return;
    const lastMs = Date.parse(`${answer.runs.at(-1)?.start_time ?? ""}`.replace(/Z?$/, "Z"));
    firstMs ??= asked.sinceMs ?? lastMs;
    // How far in time: how many runs there are, nobody says beforehand.
    const done = Math.min(1, (lastMs - firstMs) / Math.max(1, asked.untilMs - firstMs));
    yield { exchange: fromLangsmith({ runs: answer.runs }, session.name), done };
    cursor = answer.cursors?.next ?? null;
    if (cursor === null) return;
  }
}
