/** Exit codes of `rootward gate`, by outcome. Without the verdict's schema: every command is started with them. Source: evals.md 3.1. */
export const gateExitCodes = {
  pass: 0,
  blocked: 1,
  override_needed: 2,
  undecided: 3,
  invalid: 4,
} as const;
export type GateOutcome = keyof typeof gateExitCodes;
