import { relative, resolve } from "node:path";
import type { GateCase } from "@rootward/pipeline/pipeline";
import type { CaseResult } from "@rootward/pipeline/model/verdict";
import { loadCases } from "./case-store.ts";
import type { CaseStore } from "./case-store.ts";
import { loadConfig } from "./config.ts";
import type { LoadedConfig } from "./config.ts";
import { knownBadProblems } from "./known-bad.ts";
import { OperatorError } from "./output.ts";
import { tryCases } from "./trying.ts";

/** The two functions of a test runner that are needed; vitest, jest and node:test have them. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>, timeoutMs?: number) => unknown;
}

export interface SuiteOptions extends Partial<Runner> {
  /** The folder of cases, cassettes and overrides. Default: `evals`, from the working folder. */
  readonly dir?: string;
  /** `rootward.yaml` to use. Default: as the command finds it. */
  readonly config?: string;
  /** Only these cases. Default: every active one. */
  readonly ids?: readonly string[];
  /** Only cases of these severities. */
  readonly severities?: readonly ("P0" | "P1" | "P2")[];
  /** How long one case may take with all its trials, in milliseconds. Default: 10 minutes. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 600_000;

/**
 * Makes one test of each active case, beside the tests that a suite has already. A test tries its case as `rootward gate` does: the same
 * agent of `rootward.yaml`, recordings, trials, grading and overrides.
 *
 * | | a failing case | could not be decided |
 * |---|---|---|
 * | P0 | fails; only an override under break-glass passes it | fails, with the reason |
 * | P1 | fails, unless a living override covers every failing assertion | fails, with the reason |
 * | P2 | passes, and a warning on the console says what failed | fails, with the reason |
 *
 * Beside them stands one test that fails where a file of the folder is wrong or no case is active: a suite without cases is never green.
 * Whether a case vanished or was weakened is asked by `rootward gate` alone.
 *
 * @example
 * // evals.test.ts, with vitest; where `globals` are on, and in jest, call rootwardCases() without arguments
 * import { describe, test } from "vitest";
 * import { rootwardCases } from "rootward/vitest";
 * rootwardCases({ describe, test });
 *
 * @throws OperatorError  `describe` and `test` are neither given nor global, the configuration is wrong, or an id is none of the cases
 */
export function rootwardCases(options: SuiteOptions = {}): void {
  const { describe, test } = runnerOf(options);
  const loaded = loadConfig(options.config);
  const dir = options.dir ?? "evals";
  const store = loadCases(resolve(dir));
  const chosen = chosenCases(store, options);
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  describe("eval cases", () => {
    test(`the cases of ${relative(process.cwd(), resolve(dir)) || dir} can be read`, async () =>
      await checkStore(store, chosen, loaded));
    for (const entry of chosen) {
      const { id, severity, title } = entry.evalCase;
      test(`${id} [${severity}] ${title}`, () => tryCase(entry, store, loaded), timeoutMs);
    }
  });
}

function isFunction(value: unknown): value is Runner["test"] & Runner["describe"] {
  return typeof value === "function";
}

function runnerOf(given: SuiteOptions): Runner {
  const describe: unknown = given.describe ?? Reflect.get(globalThis, "describe");
  const test: unknown = given.test ?? Reflect.get(globalThis, "test");
  if (isFunction(describe) && isFunction(test)) return { describe, test };
  throw new OperatorError(
    'rootwardCases found no describe and test: give it those of your runner, as in import { describe, test } from "vitest"; rootwardCases({ describe, test })',
    2,
  );
}

function chosenCases({ cases }: CaseStore, { ids, severities }: SuiteOptions): readonly GateCase[] {
  const unknown = ids?.find((id) => !cases.some(({ evalCase }) => evalCase.id === id));
  if (unknown !== undefined) {
    const known = cases.map(({ evalCase }) => evalCase.id).join(", ") || "none";
    throw new OperatorError(`rootwardCases: ids has ${unknown}; there are ${known}`, 2);
  }
  return cases.filter(
    ({ evalCase: { id, severity, status } }) =>
      status === "active" &&
      (ids === undefined || ids.includes(id)) &&
      (severities === undefined || severities.includes(severity)),
  );
}

async function checkStore(
  store: CaseStore,
  chosen: readonly GateCase[],
  loaded: LoadedConfig,
): Promise<void> {
  const problems = [...store.problems, ...(await knownBadProblems(store, loaded))];
  if (problems.length > 0) throw new Error(problems.join("\n"));
  if (chosen.length === 0)
    throw new Error("no active case was chosen: a suite without cases passes nothing");
}

async function tryCase(entry: GateCase, store: CaseStore, loaded: LoadedConfig): Promise<void> {
  const verdict = await tryCases(
    {
      cases: [entry],
      known: store.cases.map(({ evalCase }) => evalCase),
      overrides: store.overrides,
      problems: [],
      onProgress: () => undefined,
    },
    loaded,
  );
  const [result] = verdict.cases;
  if (result === undefined) throw new Error(verdict.sentence);
  settle(result);
}

/** Lets a test pass or fail as the result demands. */
function settle(result: CaseResult): void {
  const { action, verdict } = result;
  switch (verdict === "undecided" ? "undecided" : action) {
    case "ok":
      if (result.unproven.length > 0)
        console.warn(sentence(result, `passes, which is unproven: ${result.unproven.join("; ")}`));
      return;
    case "overridden":
      return;
    case "logged":
      console.warn(sentence(result, "fails, which is logged"));
      return;
    case "block":
      throw new Error(sentence(result, "fails and blocks"));
    case "needs_override":
      throw new Error(
        sentence(result, `fails: repair it, or rootward override new ${result.case}`),
      );
    case "undecided":
      throw new Error(sentence(result, "could not be decided"));
  }
}

function sentence(
  { case: id, severity, file, failed, why, trials }: CaseResult,
  what: string,
): string {
  const places = failed.map(({ assertion, line }) => `${file}:${line ?? 1} ${assertion}`);
  const held = `${trials.pass} of ${trials.n} trials held`;
  return [
    `${id} [${severity}] ${what}: ${why} (${held})`,
    ...(places.length > 0 ? places : [file]),
  ].join("\n  ");
}
