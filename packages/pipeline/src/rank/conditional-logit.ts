/** One choice: a row of numbers per alternative, and which of them was chosen. */
export interface Choice {
  readonly rows: readonly Float64Array[];
  readonly chosen: number;
}

const roundsMost = 30;
const halvingsMost = 20;
const enough = 1e-7;

function sharesOf(rows: readonly Float64Array[], weights: Float64Array): Float64Array {
  const shares = new Float64Array(rows.length);
  let most = -Infinity;
  for (const [index, row] of rows.entries()) {
    let score = 0;
    for (let at = 0; at < row.length; at++) score += (row[at] ?? 0) * (weights[at] ?? 0);
    shares[index] = score;
    if (score > most) most = score;
  }
  let sum = 0;
  for (const [index, score] of shares.entries()) {
    const power = Math.exp(score - most);
    shares[index] = power;
    sum += power;
  }
  for (const [index, power] of shares.entries()) shares[index] = power / sum;
  return shares;
}

function lossOf(
  choices: readonly Choice[],
  weights: Float64Array,
  { prior, strengths }: Penalty,
): number {
  let loss = 0;
  for (const { rows, chosen } of choices)
    loss -= Math.log(Math.max(1e-300, sharesOf(rows, weights)[chosen] ?? 0));
  for (const [at, weight] of weights.entries())
    loss += ((strengths[at] ?? 0) / 2) * (weight - (prior[at] ?? 0)) ** 2;
  return loss;
}

/** Solves `matrix · x = vector` for a symmetric positive definite matrix, stored by rows. Source: Golub and Van Loan 4.2, Cholesky */
function solved(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  const lower = new Float64Array(n * n);
  for (let row = 0; row < n; row++)
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * n + column] ?? 0;
      for (let k = 0; k < column; k++)
        sum -= (lower[row * n + k] ?? 0) * (lower[column * n + k] ?? 0);
      lower[row * n + column] =
        row === column ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (lower[column * n + column] ?? 1);
    }
  const x = Float64Array.from(vector);
  for (let row = 0; row < n; row++) {
    let sum = x[row] ?? 0;
    for (let k = 0; k < row; k++) sum -= (lower[row * n + k] ?? 0) * (x[k] ?? 0);
    x[row] = sum / (lower[row * n + row] ?? 1);
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = x[row] ?? 0;
    for (let k = row + 1; k < n; k++) sum -= (lower[k * n + row] ?? 0) * (x[k] ?? 0);
    x[row] = sum / (lower[row * n + row] ?? 1);
  }
  return x;
}

/** Each weight is held towards its `prior` by its strength: nats per squared distance and half, over all choices together. */
export interface Penalty {
  readonly prior: Float64Array;
  readonly strengths: Float64Array;
}

function slopes(
  choices: readonly Choice[],
  weights: Float64Array,
  { prior, strengths }: Penalty,
): { readonly gradient: Float64Array; readonly curvature: Float64Array } {
  const n = weights.length;
  const gradient = new Float64Array(n);
  const curvature = new Float64Array(n * n);
  for (let at = 0; at < n; at++) {
    gradient[at] = (strengths[at] ?? 0) * ((weights[at] ?? 0) - (prior[at] ?? 0));
    curvature[at * n + at] = strengths[at] ?? 0;
  }
  const mean = new Float64Array(n);
  const off = new Float64Array(n);
  for (const { rows, chosen } of choices) {
    const shares = sharesOf(rows, weights);
    mean.fill(0);
    for (const [index, row] of rows.entries())
      for (let at = 0; at < n; at++)
        mean[at] = (mean[at] ?? 0) + (shares[index] ?? 0) * (row[at] ?? 0);
    const taken = rows[chosen];
    for (let at = 0; at < n; at++)
      gradient[at] = (gradient[at] ?? 0) + (mean[at] ?? 0) - (taken?.[at] ?? 0);
    for (const [index, row] of rows.entries()) {
      const share = shares[index] ?? 0;
      if (share < 1e-9) continue;
      for (let at = 0; at < n; at++) off[at] = (row[at] ?? 0) - (mean[at] ?? 0);
      for (let at = 0; at < n; at++) {
        const scaled = share * (off[at] ?? 0);
        if (scaled === 0) continue;
        const start = at * n;
        for (let to = 0; to <= at; to++)
          curvature[start + to] = (curvature[start + to] ?? 0) + scaled * (off[to] ?? 0);
      }
    }
  }
  return { gradient, curvature };
}

/**
 * The weights under which what was chosen is likeliest, each choice a softmax over its own alternatives, with a Gaussian prior; by
 * Newton's method with halved steps, so that the same choices give the same weights.
 *
 * @returns the prior where there are no choices
 * @source McFadden, Conditional logit analysis of qualitative choice behavior (1974)
 */
export function conditionalLogit(choices: readonly Choice[], penalty: Penalty): Float64Array {
  let weights = Float64Array.from(penalty.prior);
  let loss = lossOf(choices, weights, penalty);
  for (let round = 0; round < roundsMost; round++) {
    const { gradient, curvature } = slopes(choices, weights, penalty);
    const step = solved(curvature, gradient);
    let size = 1;
    let next = weights;
    let nextLoss = loss;
    for (let halving = 0; halving < halvingsMost; halving++, size /= 2) {
      next = weights.map((weight, at) => weight - size * (step[at] ?? 0));
      nextLoss = lossOf(choices, next, penalty);
      if (nextLoss <= loss) break;
    }
    if (!(loss - nextLoss > enough)) break;
    weights = next;
    loss = nextLoss;
  }
  return weights;
}
