import { z } from "zod";
import { CaseNote, toldKey } from "@rootward/pipeline/model/case-told";
import type {
  CasesTold,
  ClosureNote,
  StoredCase,
  StoredClosure,
} from "@rootward/pipeline/model/case-told";
import { ClusterId } from "@rootward/pipeline/model/ids";
import type { Store } from "@rootward/pipeline/ports";
import { dayMs } from "@rootward/pipeline/model/time";

/** Since when, and in what words, a cluster stands closed without an active case. */
interface Closed {
  readonly atMs: number;
  readonly why: string;
}

/** The cases and closures that the server was told of; the files in the user's repository are the truth. */
export interface CaseBook {
  /** What its source still names. */
  all(): readonly StoredCase[];
  closures(): readonly StoredClosure[];
  put(told: CasesTold, nowMs: number): Promise<void>;
  /** Clusters with an active case, of their own or of another cluster that a closure names. */
  guarded(): ReadonlySet<ClusterId>;
  /** By such a cluster, since when. */
  guardedMs(): ReadonlyMap<ClusterId, number>;
  /** Clusters of which a closure says why no case gates them. */
  closed(): ReadonlyMap<ClusterId, Closed>;
}

/** Where cases were kept before there was a table of them. */
const earlierKey = "cases";
const EarlierNote = CaseNote.partial({ title: true })
  .extend({ status: z.string(), activeMs: z.number().nullish() })
  .loose();

async function earlier(store: Store): Promise<readonly StoredCase[]> {
  const text = await store.meta(earlierKey);
  if (text === null) return [];
  return z
    .array(EarlierNote)
    .parse(JSON.parse(text))
    .map(({ id, cluster, file, severity, status, text: yaml, activeMs }) => ({
      source: "",
      id,
      cluster,
      file,
      severity,
      status: status === "active" || status === "draft" ? status : "retired",
      title: "",
      text: yaml,
      activeMs: activeMs ?? null,
    }));
}

/** The last millisecond of the day of a closure, UTC: what came on that day was known to whoever closed it. */
function closedMs({ closed }: ClosureNote["closure"]): number {
  return Date.parse(closed) + dayMs - 1;
}

interface Books {
  readonly cases: Map<string, StoredCase>;
  readonly closures: Map<string, StoredClosure>;
}

/** Since when each cluster has an active case; null where that is not known. */
function guards({ cases, closures }: Books): ReadonlyMap<ClusterId, number | null> {
  const since = new Map<ClusterId, number | null>();
  const note = (cluster: ClusterId, atMs: number | null) => {
    const known = since.get(cluster);
    since.set(cluster, known && atMs ? Math.min(known, atMs) : (known ?? atMs));
  };
  for (const { status, cluster, activeMs } of cases.values()) {
    if (status === "active" && cluster !== null) note(cluster, activeMs);
  }
  for (const { closure, source, isGone } of closures.values()) {
    const into = cases.get(toldKey({ source, id: closure.case ?? "" }));
    const cluster = ClusterId.safeParse(closure.cluster);
    if (isGone || closure.decision !== "merged_into" || !cluster.success) continue;
    if (into?.status !== "active") continue;
    note(cluster.data, Math.max(into.activeMs ?? 0, Date.parse(closure.closed)));
  }
  return since;
}

function closedIn({ closures }: Books): ReadonlyMap<ClusterId, Closed> {
  const found = new Map<ClusterId, Closed>();
  for (const { closure, isGone } of closures.values()) {
    const cluster = ClusterId.safeParse(closure.cluster);
    if (isGone || closure.decision === "merged_into" || !cluster.success) continue;
    const atMs = closedMs(closure);
    if ((found.get(cluster.data)?.atMs ?? 0) > atMs) continue;
    const what =
      closure.decision === "no_eval" ? "" : `its case ${closure.case ?? ""} is retired, `;
    const why = `${what}${closure.category.replaceAll("_", " ")}: ${closure.why} (${closure.id})`;
    found.set(cluster.data, { atMs, why });
  }
  return found;
}

/** What is told, with what follows for what its source told before. */
function changesOf(
  { source, cases: told, closures, all }: CasesTold,
  known: Books,
  nowMs: number,
): { readonly cases: readonly StoredCase[]; readonly closures: readonly StoredClosure[] } {
  const named = new Set([...told.map(({ id }) => id), ...(all?.cases ?? [])]);
  const namedClosures = new Set([
    ...closures.map(({ closure }) => closure.id),
    ...(all?.closures ?? []),
  ]);
  const wasToldAs = (id: string) =>
    known.cases.get(toldKey({ source, id })) ?? known.cases.get(toldKey({ source: "", id }));
  // Who named no source told of the same file: it is kept once.
  const twice = (id: string, of: string) => source !== "" && of === "" && named.has(id);
  const gone = [...known.cases.values()].filter(
    (one) =>
      twice(one.id, one.source) ||
      (all !== undefined && one.source === source && !named.has(one.id) && one.status !== "gone"),
  );
  const goneClosures = [...known.closures.values()].filter(
    (one) =>
      (source !== "" && one.source === "" && namedClosures.has(one.closure.id)) ||
      (all !== undefined && one.source === source && !namedClosures.has(one.closure.id)),
  );
  return {
    cases: [
      ...gone.map((one) => ({ ...one, status: "gone" as const, activeMs: null })),
      ...told.map((note) => ({
        ...note,
        source,
        activeMs: note.status === "active" ? (wasToldAs(note.id)?.activeMs ?? nowMs) : null,
      })),
    ],
    closures: [
      ...goneClosures.map((one) => ({ ...one, isGone: true })),
      ...closures.map((note) => ({ ...note, source, isGone: false })),
    ],
  };
}

/** @throws SyntaxError, ZodError  if what an earlier version stored was written by something else */
export async function openCaseBook(store: Store): Promise<CaseBook> {
  const books: Books = { cases: new Map(), closures: new Map() };
  let guardedSince = guards(books);
  let closed = closedIn(books);
  const keep = (cases: readonly StoredCase[], closures: readonly StoredClosure[]) => {
    for (const one of cases) books.cases.set(toldKey(one), one);
    for (const one of closures)
      books.closures.set(toldKey({ source: one.source, id: one.closure.id }), one);
    guardedSince = guards(books);
    closed = closedIn(books);
  };
  const stored = await store.cases();
  const moved = stored.length > 0 ? [] : await earlier(store);
  await store.putCases(moved);
  keep([...stored, ...moved], await store.closures());
  return {
    all: () => [...books.cases.values()].filter(({ status }) => status !== "gone"),
    closures: () => [...books.closures.values()].filter(({ isGone }) => !isGone),
    async put(told, nowMs) {
      const { cases, closures } = changesOf(told, books, nowMs);
      await store.putCases(cases);
      await store.putClosures(closures);
      keep(cases, closures);
    },
    guarded: () => new Set(guardedSince.keys()),
    guardedMs: () =>
      new Map(
        [...guardedSince].flatMap(([id, atMs]) => (atMs === null ? [] : [[id, atMs] as const])),
      ),
    closed: () => closed,
  };
}
