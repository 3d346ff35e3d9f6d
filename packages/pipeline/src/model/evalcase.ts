export type Severity = "P0" | "P1" | "P2";
export interface EvalCase {
  readonly id: string;
  readonly severity: Severity;
}
