import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";

const Place = z.object({
  spanId: z.string().nullish(),
  agent: z.string().nullish(),
  tool: z.string().nullish(),
});
const Told = z.union([z.boolean(), z.literal("absent")]);

/** What one generated run holds. Names are those of the truth files. */
const TruthRun = z.object({
  runId: z.string(),
  session: z.string().nullish(),
  workflow: z.string(),
  startedAt: z.string(),
  failed: z.boolean(),
  faultId: z.string().nullish(),
  faultType: z.string().nullish(),
  cause: z.string().nullish(),
  originSpanId: z.string().nullish(),
  originSpanIdsAlso: z.array(z.string()).default([]),
  originAgent: z.string().nullish(),
  originTool: z.string().nullish(),
  originToolAlso: z.string().nullish(),
  signals: z.record(z.string(), z.unknown()),
  baseline: z
    .object({ first: Place.nullish(), last: Place.nullish(), lastToolError: Place.nullish() })
    .nullish(),
});
export type TruthRun = z.infer<typeof TruthRun>;
export type TruthPlace = z.infer<typeof Place>;

const TruthDrift = z.object({ signal: z.string(), own: z.number().default(0) });

const TruthFault = z.object({
  faultId: z.string(),
  workflow: z.string(),
  onset: z.string(),
  end: z.string().nullish(),
  drifts: z.array(TruthDrift).default([]),
});

const TruthWorkflow = z.object({
  name: z.string(),
  service: z.string().nullish(),
  rootAgent: z.string().nullish(),
  clean: z.boolean().default(false),
});

const Truth = z.object({
  runs: z.array(TruthRun),
  faults: z.array(TruthFault),
  workflows: z.array(TruthWorkflow),
});
export type Truth = z.infer<typeof Truth>;

/** What a signal of a run really was; absent where the truth does not say true or false. */
export function signalOf(run: TruthRun, name: string): boolean | "absent" {
  const told = Told.safeParse(run.signals[name]);
  return told.success ? told.data : "absent";
}

/** @throws Error  naming the file, where it cannot be read or is no truth */
export function readTruth(file: string): Truth {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const parsed = Truth.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is no truth"}`);
}
