import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { coverageLines } from "@rootward/pipeline/evals/coverage";
import { ProductionFacts } from "@rootward/pipeline/model/coverage";
import { policy } from "@rootward/pipeline/model/policy";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import { requestJson, serverUrl } from "./api.ts";
import type { CaseStore } from "./case-store.ts";
import { messageOf, plain } from "./output.ts";

const fileName = "coverage.json";

/** What production showed, as a server tells it. @throws OperatorError, Error  one sentence */
export async function factsFromServer(url: string): Promise<ProductionFacts> {
  const answer = await requestJson(
    url,
    "/api/coverage",
    undefined,
    policy("reportRequestTimeoutMs"),
  );
  return factsIn(answer);
}

function factsIn(value: unknown): ProductionFacts {
  const parsed = ProductionFacts.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join(".") || "the whole";
  throw new Error(`${place}: ${issue?.message ?? "not accepted"}; expected coverage/v1`);
}

function factsFile(folder: string): ProductionFacts | null {
  const path = join(folder, fileName);
  return existsSync(path) ? factsIn(JSON.parse(readFileSync(path, "utf8"))) : null;
}

/**
 * Writes what production showed beside the cases, where it is another than what stands there: of the same facts the earlier time stays.
 *
 * @returns the file, from the working folder; null where nothing was written
 */
export function writeFacts(folder: string, facts: ProductionFacts): string | null {
  const path = join(folder, fileName);
  const text = (told: ProductionFacts) => `${JSON.stringify(told, null, 2)}\n`;
  if (existsSync(path)) {
    const before = readFileSync(path, "utf8");
    const at = /"at": "([^"]+)"/.exec(before)?.[1] ?? facts.at;
    if (before === text({ ...facts, at })) return null;
  }
  writeFileSync(path, text(facts));
  return relative(process.cwd(), path) || path;
}

/**
 * The end of the gate's report: what production showed and no active case touches, by the server that is reported to, else by
 * `coverage.json` beside the cases. Where neither is known it says that; it never changes the verdict, and never throws.
 */
export async function coverageOf(
  store: Pick<CaseStore, "folder" | "cases" | "closures">,
  verdict: GateVerdict,
  report: string | undefined,
): Promise<readonly string[]> {
  const unknown = "What no case covers is not known:";
  const here = relative(process.cwd(), join(store.folder, fileName));
  const lines: string[] = [];
  let facts: ProductionFacts | null = null;
  try {
    if (report !== undefined) facts = await factsFromServer(serverUrl(report));
  } catch (error) {
    lines.push(`${unknown} ${report} did not tell (${messageOf(error)})`);
  }
  try {
    facts ??= factsFile(store.folder);
  } catch (error) {
    return [...lines, `${unknown} ${here} cannot be read: ${messageOf(error)}`].map(plain);
  }
  if (facts !== null) {
    const { closures } = store;
    const cases = store.cases.map(({ evalCase }) => evalCase);
    return coverageLines({ facts, cases, closures, results: verdict.cases }).map(plain);
  }
  if (lines.length > 0) return lines.map(plain);
  return [
    `${unknown} there is no ${here}; rootward cases sync writes it, --report URL asks a server`,
  ];
}
