import type { GateTold } from "@rootward/pipeline/model/case-told";
import { policy } from "@rootward/pipeline/model/policy";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import { request, serverUrl } from "./api.ts";
import { messageOf, note } from "./output.ts";
import { whereRun } from "./where-run.ts";

/** The verdict without the trials of cases that hold: what is left where the whole is too long to be sent. */
function shortened(verdict: GateVerdict): GateVerdict {
  const cases = verdict.cases.map((one) =>
    one.action === "ok" ? { ...one, trialResults: [] } : one,
  );
  return { ...verdict, cases };
}

/**
 * `--report URL`: tells a server of the verdict. The server is a convenience: what goes wrong is a warning, and waits for nobody longer
 * than the policy says.
 */
export async function reportTo(url: string, verdict: GateVerdict, folder: string): Promise<void> {
  try {
    const told: GateTold = { ...whereRun(folder, process.env), verdict };
    const isLong = JSON.stringify(told).length > policy("reportCharacters");
    const body = isLong ? { ...told, verdict: shortened(verdict) } : told;
    await request(serverUrl(url), "/api/gate-results", body, policy("reportRequestTimeoutMs"));
    note(`rootward: ${url} was told of the verdict`);
  } catch (error) {
    note(`rootward: --report ${url}: ${messageOf(error)}; the verdict stands`);
  }
}
