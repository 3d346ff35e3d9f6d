import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedCall } from "@rootward/pipeline/evals/cassette";

/** Writes the recordings of a case, a file a tool: `cassettes/<case>/<tool>.jsonl`. A cassette without calls has one empty file. */
export function writeTapes(folder: string, id: string, calls: readonly RecordedCall[]): void {
  const tapes = join(folder, "cassettes", id);
  // Recordings of a case that was never finished must not stay beside these.
  rmSync(tapes, { recursive: true, force: true });
  mkdirSync(tapes, { recursive: true });
  const tools = [...new Set(calls.map(({ tool }) => tool))];
  for (const tool of tools) {
    const lines = calls.filter((call) => call.tool === tool).map((call) => JSON.stringify(call));
    writeFileSync(
      join(tapes, `${tool.replaceAll(/[^\w.-]/g, "_")}.jsonl`),
      `${lines.join("\n")}\n`,
    );
  }
  if (tools.length === 0) writeFileSync(join(tapes, "none.jsonl"), "");
}
