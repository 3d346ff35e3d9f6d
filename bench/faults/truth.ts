import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** A step as a method names it that does not think. */
export interface TruthPlace {
  readonly spanId?: string | null;
  readonly agent?: string | null;
  readonly tool?: string | null;
}

/** What one generated run holds. Names are those of the truth files. */
export interface TruthRun {
  readonly runId: string;
  readonly session?: string | null;
  readonly workflow: string;
  readonly failed: boolean;
  readonly faultId?: string | null;
  readonly faultType?: string | null;
  readonly cause?: string | null;
  readonly originSpanId?: string | null;
  readonly originSpanIdsAlso?: readonly string[];
  readonly originAgent?: string | null;
  readonly originTool?: string | null;
  readonly originToolAlso?: string | null;
  readonly signals: Readonly<Record<string, unknown>>;
  readonly baseline?: {
    readonly first?: TruthPlace | null;
    readonly last?: TruthPlace | null;
    readonly lastToolError?: TruthPlace | null;
  } | null;
}

interface TruthFault {
  readonly faultId: string;
  readonly workflow: string;
  readonly onset: string;
  readonly end?: string | null;
  readonly drifts?: readonly { readonly signal: string; readonly own?: number }[];
}

interface TruthWorkflow {
  readonly name: string;
  readonly service?: string | null;
  readonly rootAgent?: string | null;
  readonly clean?: boolean;
}

export interface Truth {
  readonly runs: readonly TruthRun[];
  readonly faults: readonly TruthFault[];
  readonly workflows: readonly TruthWorkflow[];
}

/** What a signal of a run really was; absent where the truth does not say true or false. */
export function signalOf(run: TruthRun, name: string): boolean | "absent" {
  const told = run.signals[name];
  return typeof told === "boolean" ? told : "absent";
}

/** A value with the three lists that a truth has, and runs that have ids; what else stands in them is taken as it is. */
function isTruth(value: unknown): value is Truth {
  if (typeof value !== "object" || value === null) return false;
  const lists = ["runs", "faults", "workflows"].map((name): unknown => Reflect.get(value, name));
  const [runs] = lists;
  return (
    lists.every((list) => Array.isArray(list)) &&
    Array.isArray(runs) &&
    runs.every((run: unknown) => typeof run === "object" && run !== null && "runId" in run)
  );
}

/** @throws Error  naming the file, where it cannot be read or is no truth */
export function readTruth(file: string): Truth {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const value: unknown = JSON.parse(text);
  if (isTruth(value)) return value;
  throw new Error(
    `${file} is no truth: expected {"runs": [{"runId", …}], "faults": […], "workflows": […]}`,
  );
}
