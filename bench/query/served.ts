import { startProgram, stopProgram, type Program } from "../shared/program.ts";

/** A built server on a data directory. */
export interface Served extends Pick<Program, "url" | "cpuMs" | "memory"> {
  /** From the start of the process to the answer to its first span. */
  readonly firstSpanMs: number;
  stop(): Promise<void>;
}

const spanBody = JSON.stringify({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: "f".repeat(32),
              spanId: "f".repeat(16),
              name: "first span",
              startTimeUnixNano: "1700000000000000000",
              endTimeUnixNano: "1700000000000000001",
            },
          ],
        },
      ],
    },
  ],
});

/** @throws Error  if the server ends before it listens, with what it said */
export async function serve(file: string, dataDir: string): Promise<Served> {
  const startedMs = performance.now();
  const program = await startProgram(dataDir, { program: file });
  const { url, cpuMs, memory } = program;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/v1/traces`, { method: "POST", body: spanBody, headers });
  if (!answer.ok) throw new Error(`the first span was answered ${answer.status}`);
  const firstSpanMs = performance.now() - startedMs;
  return { url, firstSpanMs, cpuMs, memory, stop: async () => await stopProgram(program) };
}
