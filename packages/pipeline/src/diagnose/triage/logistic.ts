/** A fitted logistic model: the log-odds of a bad outcome are linear in standardised features. */
export interface Logistic {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  /** One a feature, behind the intercept. */
  readonly weights: readonly number[];
}

const rounds = 25;
const enough = 1e-8;

/** Solves `a x = b` for a positive definite `a`, by Gaussian elimination with pivots; `a` and `b` are used up. */
function solve(a: number[][], b: number[]): readonly number[] {
  const n = b.length;
  for (let column = 0; column < n; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < n; row += 1)
      if (Math.abs(a[row]?.[column] ?? 0) > Math.abs(a[pivot]?.[column] ?? 0)) pivot = row;
    const [upper, lower] = [a[column] ?? [], a[pivot] ?? []];
    [a[column], a[pivot]] = [lower, upper];
    [b[column], b[pivot]] = [b[pivot] ?? 0, b[column] ?? 0];
    for (let row = column + 1; row < n; row += 1) {
      const line = a[row] ?? [];
      const factor = (line[column] ?? 0) / (lower[column] ?? 1);
      for (let at = column; at < n; at += 1) line[at] = (line[at] ?? 0) - factor * (lower[at] ?? 0);
      b[row] = (b[row] ?? 0) - factor * (b[column] ?? 0);
    }
  }
  const x = b.map(() => 0);
  for (let row = n - 1; row >= 0; row -= 1) {
    const line = a[row] ?? [];
    const rest = x.reduce((sum, value, at) => sum + (at > row ? value * (line[at] ?? 0) : 0), 0);
    x[row] = ((b[row] ?? 0) - rest) / (line[row] ?? 1);
  }
  return x;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

const chance = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

function standardised({ means, deviations }: Omit<Logistic, "weights">, row: readonly number[]) {
  return [1, ...row.map((value, at) => (value - (means[at] ?? 0)) / (deviations[at] ?? 1))];
}

/**
 * L2-penalized logistic regression on standardised features, by Newton's method: it minimizes `Σ log-loss + penalty · n / 2 · Σ w²`,
 * the intercept not penalized.
 *
 * @param rows     one a run, all of one length; a feature that never varies gets weight 0
 * @param outcomes by row, whether the run was bad
 * @param penalty  per run; must be positive, so that the answer is unique
 * @throws RangeError  without rows, or for a penalty that is not positive
 * @source Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., 4.4.1
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  outcomes: readonly boolean[],
  penalty: number,
): Logistic {
  const n = rows.length;
  if (n === 0) throw new RangeError("a model needs rows");
  if (!(penalty > 0)) throw new RangeError(`the penalty must be positive, not ${penalty}`);
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, at) => rows.map((row) => row[at] ?? 0));
  const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / n);
  const deviations = columns.map((column, at) => {
    const squares = column.reduce((sum, value) => sum + (value - (means[at] ?? 0)) ** 2, 0);
    return Math.sqrt(squares / n) || 1;
  });
  const features = rows.map((row) => standardised({ means, deviations }, row));
  let weights = Array.from({ length: width + 1 }, () => 0);
  for (let round = 0; round < rounds; round += 1) {
    const step = newtonStep(features, outcomes, weights, penalty * n);
    weights = weights.map((weight, at) => weight + (step[at] ?? 0));
    if (step.every((size) => Math.abs(size) < enough)) break;
  }
  return { means, deviations, weights };
}

function newtonStep(
  features: readonly (readonly number[])[],
  outcomes: readonly boolean[],
  weights: readonly number[],
  penalty: number,
): readonly number[] {
  const width = weights.length;
  const gradient = weights.map((weight, at) => (at === 0 ? 0 : -penalty * weight));
  const hessian = weights.map((_, row) =>
    weights.map((__, column) => (row === column ? (row === 0 ? 1e-9 : penalty) : 0)),
  );
  for (const [index, row] of features.entries()) {
    const p = chance(dot(row, weights));
    const error = (outcomes[index] === true ? 1 : 0) - p;
    const curve = p * (1 - p);
    for (let at = 0; at < width; at += 1) {
      gradient[at] = (gradient[at] ?? 0) + error * (row[at] ?? 0);
      const line = hessian[at] ?? [];
      const scaled = curve * (row[at] ?? 0);
      for (let other = 0; other < width; other += 1)
        line[other] = (line[other] ?? 0) + scaled * (row[other] ?? 0);
    }
  }
  return solve(hessian, gradient);
}

/** The same model for runs of which another share is bad: only its intercept differs. */
export function withRate(model: Logistic, rate: number): Logistic {
  const [, ...weights] = model.weights;
  return { ...model, weights: [Math.log(rate / (1 - rate)), ...weights] };
}

/** The chance of a bad outcome, in (0, 1). */
export function predict(model: Logistic, row: readonly number[]): number {
  return chance(dot(standardised(model, row), model.weights));
}
