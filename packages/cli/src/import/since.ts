import { OperatorError } from "../output.ts";

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * The moment that `--since` names: a day, a time with an offset, or how long ago (`30m`, `24h`, `7d`, `2w`).
 *
 * @throws OperatorError  exit code 2, with what is accepted
 */
export function sinceMs(text: string, nowMs: number): number {
  const [, amount = "", unit = ""] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  for (const [name, ms] of Object.entries(unitMs))
    if (name === unit) return nowMs - Number(amount) * ms;
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(
    text,
  );
  const at = isTime ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new OperatorError(
    `--since is "${text}"; expected a day (2026-11-01), a time with an offset (2026-11-01T06:00:00Z) or how long ago (24h, 7d)`,
    2,
  );
}
