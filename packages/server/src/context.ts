import type { WorkflowSettings } from "@rootward/pipeline/model/workflow";
import type { Store } from "@rootward/pipeline/ports";
import type { CaseBook } from "./case-book.ts";
import type { Counters } from "./counters.ts";
import type { SignalCounts } from "./metrics/signal-counts.ts";
import type { Flights } from "./flights.ts";
import type { Forwarder } from "./forward/forwarder.ts";
import type { OpenTraces } from "./open-traces.ts";
import type { Reader } from "./reader.ts";
import type { GithubSettings } from "./routes/github.ts";
import type { Reprocess } from "./reprocess.ts";
import type { Schedule } from "./schedule.ts";

/** Rows of one question in SQL that was judged already. */
interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

/** A store that answers SQL beside what every store does. */
interface SqlStore extends Store {
  /** Bytes that are durable and not queryable yet: the next read, or about half a second, makes them so. */
  pendingBytes(): number;
  sql(
    text: string,
    limits: {
      readonly rowLimit: number;
      readonly timeoutMs: number;
      readonly memoryBytes: number;
    },
  ): Promise<SqlAnswer>;
}

/** What is known about workflows: asked when runs are read. */
export interface Settings {
  of(workflow: string, environment: string): WorkflowSettings;
}

/** Zero for a store that keeps nothing waiting. */
export function pendingBytesOf(store: Context["store"]): number {
  return "pendingBytes" in store ? store.pendingBytes() : 0;
}

/** Everything that the routes reach. Made once, in `main.ts` or by a test. */
export interface Context {
  readonly store: Store | SqlStore;
  readonly open: OpenTraces;
  readonly flights: Flights;
  readonly counters: Counters;
  readonly signals: SignalCounts;
  readonly schedule: Schedule;
  readonly forwarder: Forwarder;
  readonly settings: Settings;
  readonly reader: Reader;
  readonly cases: CaseBook;
  readonly reprocess: Reprocess;
  /** How events of GitHub are taken; without it unsigned, which a loopback address may do. */
  readonly github?: GithubSettings;
  /** Resolves when what is stored is known well enough to answer: settings, and which traces were settled. */
  readonly ready: () => Promise<void>;
  /** The built page by path (`/index.html`), or null where it is not built. */
  readonly page: ReadonlyMap<string, PageFile> | null;
  readonly version: string;
  /** When counting began, ms since 1970. */
  readonly startedMs: number;
  readonly now: () => number;
}

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}
