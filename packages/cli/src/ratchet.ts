import { dirname, resolve } from "node:path";
import { clockProblem, daysOf } from "@rootward/pipeline/evals/clock";
import type { SeenDay } from "@rootward/pipeline/evals/clock";
import { isDeepStrictEqual } from "@rootward/pipeline/evals/equal";
import { policyInForce } from "@rootward/pipeline/evals/gate-policy";
import { weakenings } from "@rootward/pipeline/evals/ratchet";
import type { EarlierCase, StoredCase } from "@rootward/pipeline/evals/ratchet";
import { readsContract } from "@rootward/pipeline/evals/referred";
import type { Override } from "@rootward/pipeline/model/override";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { Day } from "@rootward/pipeline/model/time";
import type { RootwardConfig } from "@rootward/pipeline/model/workflow";
import type { CaseStore } from "./case-store.ts";
import type { LoadedConfig } from "./config.ts";
import { compareFiles, decidingOf, fromTop, wholeOf } from "./earlier-files.ts";
import type { Deciding } from "./earlier-files.ts";
import { earlierStore } from "./earlier-store.ts";
import type { EarlierStore } from "./earlier-store.ts";
import { git } from "./git.ts";
import { inCi, mergeBase, withoutBaseText } from "./merge-base.ts";

/** What comes of the comparison with the merge base, and what of configuration and overrides counts in this change. */
export interface Ratchet {
  /** The commit that was compared with; null where none was found. */
  readonly base: string | null;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** The configuration, without what would let more pass than it did at the merge base. */
  readonly loaded: LoadedConfig;
  /** The overrides that may count. */
  readonly overrides: readonly Override[];
}

/**
 * Compares cases, closures, the files that decide about them and the configuration with the merge base, and the clock with what has
 * happened already. Cases are never deleted, and none may be weakened without a history entry.
 *
 * Without a merge base (a shallow clone, no git) that cannot be decided: a problem in CI or where one was named, elsewhere a warning.
 *
 * @param store  the whole store, also where one case alone is tried
 * @param today  the machine's calendar day, UTC
 */
export function compareWithBase(
  store: CaseStore,
  loaded: LoadedConfig,
  today: Day,
  asked?: string,
): Ratchet {
  const top = git("rev-parse", "--show-toplevel");
  const base = top === null ? null : mergeBase(asked);
  const days = [...daysOf(store.cases, store.overrides, store.closures), ...lastCommit(top)];
  const clock = clockProblem(today, days);
  const wrong = clock === null ? [] : [clock];
  if (top === null || base === null) {
    const text = withoutBaseText(asked);
    const decides = inCi() || Boolean(asked);
    return {
      base: null,
      problems: decides ? [...wrong, text] : wrong,
      warnings: decides ? [] : [text],
      loaded,
      overrides: store.overrides,
    };
  }
  const decidingNow = new Map<StoredCase, Deciding>(
    store.cases.map((stored) => [stored, decidingOf(top, stored.evalCase, stored.file)]),
  );
  const also = [...decidingNow.values()].flatMap(wholeOf);
  const earlier = earlierStore({ top, commit: base, also }, store, loaded);
  const { trials, overrides, notes } = policyInForce(loaded.config, earlier.config);
  const counting = countingOverrides(store, earlier, overrides?.from === "base");
  return {
    base,
    problems: [
      ...wrong,
      ...weakenings({
        before: withChanges({ top, base, loaded, decidingNow }, earlier),
        unread: earlier.unread,
        now: store.cases,
        closuresBefore: earlier.closures,
        closures: store.closures,
        unreadable: earlier.unreadable,
        trials: trials ?? {},
      }),
    ],
    warnings: [...notes, ...counting.notes],
    loaded: { ...loaded, config: { ...loaded.config, trials, overrides } },
    overrides: counting.overrides,
  };
}

/** When the last commit was made: a clock that stands before it is wrong. */
function lastCommit(top: string | null): readonly SeenDay[] {
  const seconds = top === null ? null : git("log", "-1", "--format=%ct");
  if (seconds === null || seconds === "") return [];
  const day = new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
  return [{ day, what: "the last commit was made" }];
}

interface Compared {
  readonly top: string;
  readonly base: string;
  readonly loaded: LoadedConfig;
  /** What decides about the cases as they are now, for those that are what they were. */
  readonly decidingNow: ReadonlyMap<StoredCase, Deciding>;
}

/** The cases as they were, each with what decides about it beside its file and is another now. */
function withChanges(
  { top, base, loaded, decidingNow }: Compared,
  earlier: EarlierStore,
): readonly EarlierCase[] {
  const { isListed, objects } = earlier;
  const deciding = earlier.cases.map((stored) => {
    const { evalCase, file } = stored;
    const { files, ...rest } = decidingNow.get(stored) ?? decidingOf(top, evalCase, file);
    return { ...rest, files: [...files, ...contractFile(top, loaded, earlier.config, evalCase)] };
  });
  const { changedOf } = compareFiles(deciding, { top, commit: base, isListed, objects });
  return earlier.cases.map((stored, index) => ({
    ...stored,
    changed: [
      ...(deciding[index] === undefined ? [] : changedOf(deciding[index])),
      ...contractChange(stored.evalCase, earlier.config, loaded.config),
    ],
  }));
}

/** The schema of the contract by which `downstream_ok` is read, where a case asks for that. */
function contractFile(
  top: string,
  { path }: LoadedConfig,
  before: RootwardConfig,
  evalCase: EvalCase,
): Deciding["files"] {
  const schema = before.workflows?.[evalCase.workflow]?.contract?.schema;
  if (schema === undefined || path === null || !readsContract(evalCase)) return [];
  const file = fromTop(top, resolve(dirname(path), schema));
  return file === null ? [] : [file];
}

function contractChange(
  evalCase: EvalCase,
  before: RootwardConfig,
  now: RootwardConfig,
): readonly string[] {
  const [then, today] = [before, now].map(
    ({ workflows }) => workflows?.[evalCase.workflow]?.contract,
  );
  return then === undefined || !readsContract(evalCase) || isDeepStrictEqual(then, today)
    ? []
    : [`rootward.yaml workflows.${evalCase.workflow}.contract`];
}

/** With `overrides: {from: base}` only those count that stand at the merge base as they are. */
function countingOverrides(
  { overrides, overrideFiles }: CaseStore,
  { isSame }: EarlierStore,
  fromBase: boolean,
): { readonly overrides: readonly Override[]; readonly notes: readonly string[] } {
  if (!fromBase) return { overrides, notes: [] };
  const isOld = ({ id }: Override) => isSame(overrideFiles.get(id) ?? "");
  return {
    overrides: overrides.filter(isOld),
    notes: overrides
      .filter((override) => !isOld(override))
      .map(
        ({ id }) =>
          `${id} is new or changed here: with overrides: {from: base} it counts once it is merged`,
      ),
  };
}
