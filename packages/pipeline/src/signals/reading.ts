import type { AbsentReason, Method, Reading, ReadingEvidence } from "../model/signal.ts";

const evidenceLimit = 300;

/** A signal that was not measured, and why. */
export function absent(why: AbsentReason): { readonly kind: "absent"; readonly why: AbsentReason } {
  return { kind: "absent", why };
}

/** A signal's value with the method that gave it and what decided; texts are cut at 300 characters. */
export function measured<T>(
  value: T,
  method: Method,
  evidence: readonly ReadingEvidence[],
  source: "application" | "sdk" | "server" = "server",
): Reading<T> {
  const cut = evidence.map((one) => ({ ...one, text: one.text.slice(0, evidenceLimit) }));
  return { kind: "measured", value, method, source, evidence: cut };
}

/** A declared truth value: true and false, also as text, and 1 and 0; null for all else. */
export function declaredFlag(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  if (value === 1 || value === "true") return true;
  return value === 0 || value === "false" ? false : null;
}

/** A declared share in [0, 1]; booleans count as 0 and 1; null for all else. */
export function declaredShare(value: unknown): number | null {
  const flag = declaredFlag(value);
  if (flag !== null) return flag ? 1 : 0;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && number >= 0 && number <= 1 ? number : null;
}
