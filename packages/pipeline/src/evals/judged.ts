/** The answer of one assertion, with a sentence that a person can act on. */
export interface Judged {
  readonly kind: "pass" | "fail" | "error";
  readonly why: string;
}

export function pass(why: string): Judged {
  return { kind: "pass", why };
}

export function fail(why: string): Judged {
  return { kind: "fail", why };
}

/** The evidence is missing: neither passed nor failed. */
export function missing(why: string): Judged {
  return { kind: "error", why };
}

/** At most 120 characters of a value, as JSON. */
export function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 120);
}

/** `a, b and 3 more`. */
export function listed(items: readonly string[], most = 5): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join(", ")} and ${rest} more` : items.join(", ");
}
