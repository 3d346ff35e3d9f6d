import type { z } from "zod";
import { PortError } from "@rootward/pipeline/errors";
import { UnreadableBody } from "@rootward/pipeline/wire/receive";

/** A request that cannot be answered as asked; said as JSON `{error}`, or as OTLP says it, in `app.ts`. */
export class Problem extends Error {
  readonly status: ProblemStatus;
  readonly retryAfterSeconds: number | null;

  constructor(status: ProblemStatus, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export type ProblemStatus = 400 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 501 | 503;

/** What the schema made of the value. @throws Problem 400  naming the first thing that is wrong, where it stands and what is accepted */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join(".") ?? "";
  const place = path === "" ? what : `${what}: ${path}`;
  throw new Problem(400, `${place}: ${issue?.message ?? "not accepted"}`);
}

/** Whose fault it is, as an HTTP status; gRPC says it with the code of that status. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof UnreadableBody) return new Problem(400, error.message);
  if (!(error instanceof PortError))
    return new Problem(500, "something went wrong here; see the server's log");
  if (error.code === "overloaded") return new Problem(429, error.message, 1);
  if (error.code === "query_refused" || error.code === "query_failed") {
    return new Problem(400, error.message);
  }
  // A full disk is retryable to a sender: it keeps its spans until there is room again.
  if (error.retryable || error.code === "store_full") return new Problem(503, error.message, 5);
  return new Problem(500, error.message);
}
