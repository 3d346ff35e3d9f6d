import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { request } from "./api.ts";
import { messageOf, note } from "./output.ts";

/** Tells a server of a case file. The file is the truth and stands: a server that cannot be told costs its mark on the cluster, not the case. */
export async function tellCase(
  url: string,
  { id, severity, status, provenance }: EvalCase,
  file: string,
  text: string,
): Promise<void> {
  const told = { id, cluster: provenance.cluster, file, severity, status, text };
  await tell(url, { cases: [told] }, "case");
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
