import { dirname, resolve } from "node:path";
import type { Closure } from "@rootward/pipeline/model/closure";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { request } from "./api.ts";
import { messageOf, note } from "./output.ts";
import { sourceOf } from "./where-run.ts";

/** Tells a server of a case file. The file is the truth and stands: a server that cannot be told costs its mark on the cluster, not the case. */
export async function tellCase(
  url: string,
  { id, severity, status, title, provenance }: EvalCase,
  file: string,
  text: string,
): Promise<void> {
  const told = { id, cluster: provenance.cluster, file, severity, status, title, text };
  const source = sourceOf(resolve(dirname(file), ".."));
  await tell(url, { source, cases: [told] }, "case");
}

/** Tells a server of a closure file, with the same care. */
export async function tellClosure(url: string, closure: Closure, file: string): Promise<void> {
  const source = sourceOf(resolve(dirname(file), ".."));
  await tell(url, { source, closures: [{ file, closure }] }, "closure");
}

async function tell(url: string, body: object, what: string): Promise<void> {
  try {
    await request(url, "/api/cases", body);
  } catch (error) {
    note(
      `rootward: the ${what} is written, but the server was not told of it: ${messageOf(error)}`,
    );
  }
}
