/** Successes of trials: counts, `0 ≤ count ≤ of`. */
export interface Share {
  readonly count: number;
  readonly of: number;
}
