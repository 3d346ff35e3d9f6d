import { resolve } from "node:path";
import { hasExpired, stalenessOf } from "@rootward/pipeline/evals/overrides";
import { recordingAge } from "@rootward/pipeline/evals/recordings";
import type { RecordingAge } from "@rootward/pipeline/evals/recordings";
import { pooledOf, sameTrials } from "@rootward/pipeline/evals/standing";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { severities } from "@rootward/pipeline/model/evalfields";
import type { Severity } from "@rootward/pipeline/model/evalfields";
import type { Override } from "@rootward/pipeline/model/override";
import { policy } from "@rootward/pipeline/model/policy";
import type { StoredTrial } from "@rootward/pipeline/model/stored-trial";
import { dayMs } from "@rootward/pipeline/model/time";
import { loadCases } from "../case-store.ts";
import type { CaseStore } from "../case-store.ts";
import type { LoadedConfig } from "../config.ts";
import { storedTrials } from "../last-result.ts";
import { compareWithBase } from "../ratchet.ts";
import { today } from "../today.ts";
import { configValues } from "./config-values.ts";
import type { ConfigValue } from "./config-values.ts";
import { ownersHere } from "./owners.ts";
import type { Owners } from "./owners.ts";

interface OverrideHealth {
  readonly id: string;
  readonly case: string;
  readonly severity: Severity;
  readonly kind: Override["kind"];
  readonly expires: string;
  /** Why it is over or can never count; null while it lives. */
  readonly stale: string | null;
  readonly expiresSoon: boolean;
}

/** What `rootward doctor` tells of the gate. Source: evals.md 4.7. */
export interface GateHealth {
  readonly dir: string;
  readonly configFile: string | null;
  readonly config: readonly ConfigValue[];
  /** The commit that the folder is compared with; null where none was found. */
  readonly base: string | null;
  readonly cases: readonly {
    readonly severity: Severity;
    readonly active: number;
    readonly draft: number;
    readonly retired: number;
    readonly unproven: number;
  }[];
  /** What makes the gate say 4 now. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly owners: Owners;
  readonly overrides: readonly OverrideHealth[];
  readonly recordings: readonly (RecordingAge & { readonly isOld: boolean })[];
  /** Each rubric with its labels and when its judge was calibrated last; null: never. */
  readonly judges: readonly {
    readonly rubric: string;
    readonly labels: number;
    readonly calibratedOn: string | null;
    readonly days: number | null;
  }[];
  /** All kept trials of the candidate on which a case was tried last, with the 95 % upper bound of its failure rate. */
  readonly trials: readonly {
    readonly case: string;
    readonly severity: Severity;
    readonly n: number;
    readonly fail: number;
    readonly upperFailureRate: number;
  }[];
}

/** Looks at the gate of this repository as the next change would meet it; nothing is tried. */
export function gateHealth(
  dir: string,
  loaded: LoadedConfig,
  base: string | undefined,
): GateHealth {
  const store = loadCases(resolve(dir));
  const now = today();
  const ratchet = compareWithBase(store, loaded, now, base);
  const inForce = ratchet.loaded.config;
  const breakGlass = inForce.overrides?.p0_break_glass ?? false;
  return {
    dir,
    configFile: loaded.path,
    config: configValues(loaded, inForce),
    base: ratchet.base,
    cases: countedCases(store),
    problems: [...store.problems, ...ratchet.problems],
    warnings: ratchet.warnings,
    owners: ownersHere(dir, loaded.path),
    overrides: store.overrides.map((override) =>
      healthOf(override, store, { today: now, breakGlass }),
    ),
    recordings: activeOf(store).flatMap((evalCase) => {
      const age = recordingAge(evalCase, now);
      return age === null ? [] : [{ ...age, isOld: age.days > policy("recordingDaysMost") }];
    }),
    judges: judgesOf(store, now),
    trials: pooledTrials(activeOf(store), storedTrials(loaded)),
  };
}

function activeOf({ cases }: CaseStore) {
  return cases.map(({ evalCase }) => evalCase).filter(({ status }) => status === "active");
}

function countedCases({ cases }: CaseStore): GateHealth["cases"] {
  return severities.map((severity) => {
    const own = cases.filter(({ evalCase }) => evalCase.severity === severity);
    const count = (status: string) =>
      own.filter(({ evalCase }) => evalCase.status === status).length;
    return {
      severity,
      active: count("active"),
      draft: count("draft"),
      retired: count("retired"),
      unproven: own.filter(({ evalCase: { status, unproven } }) => status === "active" && unproven)
        .length,
    };
  });
}

/** What the kept trials say together; a case whose candidate has no identity is left out: its trials cannot be counted together. */
function pooledTrials(
  cases: readonly EvalCase[],
  stored: readonly StoredTrial[],
): GateHealth["trials"] {
  return cases.flatMap(({ id, severity }) => {
    const last = stored.findLast((each) => each.case === id);
    const same = last === undefined ? [] : sameTrials(stored, last);
    return same.length === 0 ? [] : [{ case: id, severity, ...pooledOf(same) }];
  });
}

function judgesOf({ rubrics }: CaseStore, now: string): GateHealth["judges"] {
  return rubrics.map(({ file, labels, calibration }) => {
    const days = (calibration?.judges ?? []).map(({ at }) => at).toSorted();
    const calibratedOn = days.at(-1) ?? null;
    return {
      rubric: file,
      labels: labels.length,
      calibratedOn,
      days: calibratedOn === null ? null : (Date.parse(now) - Date.parse(calibratedOn)) / dayMs,
    };
  });
}

function healthOf(
  override: Override,
  { cases }: CaseStore,
  rules: { readonly today: string; readonly breakGlass: boolean },
): OverrideHealth {
  const { id, case: of, severity, kind, expires } = override;
  const known = cases.map(({ evalCase }) => evalCase);
  const days = (Date.parse(expires) - Date.parse(rules.today)) / dayMs;
  return {
    id,
    case: of,
    severity,
    kind,
    expires,
    stale: stalenessOf(override, known, rules),
    expiresSoon: !hasExpired(override, rules.today) && days <= policy("overrideExpiringDays"),
  };
}
