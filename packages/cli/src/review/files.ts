import { ReviewRecord, recordKey } from "@rootward/pipeline/model/review";
import { OperatorError } from "../output.ts";

/** Records as lines of JSON, in the order given. */
export function linesOf(records: readonly ReviewRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

/**
 * The records of an export, each once, empty lines left out.
 *
 * @throws OperatorError  naming source, line and what is wrong with the first line that is none
 */
export function recordsIn(text: string, source: string): readonly ReviewRecord[] {
  const found = new Map<string, ReviewRecord>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const where = `${source}:${index + 1}`;
    const record = recordIn(line, where);
    const key = recordKey(record);
    const known = found.get(key);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(record)) {
      throw new OperatorError(`${where}: another record before has the same id and time (${key})`);
    }
    found.set(key, record);
  }
  return [...found.values()];
}

function recordIn(line: string, where: string): ReviewRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new OperatorError(`${where}: not JSON: "${line.slice(0, 60)}"`, 1, { cause: error });
  }
  const result = ReviewRecord.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join(".") ?? "";
  throw new OperatorError(
    `${where}: ${path === "" ? "the record" : path}: ${issue?.message ?? "not accepted"}`,
  );
}
