function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Source: Marsaglia and Tsang, ACM Trans. Math. Softw. 26 (2000) 363; below 1 by the power of a uniform number. */
function gamma(random: () => number, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A share drawn from a beta distribution of this mean, so that two runs with it correlate by `icc`. */
export function betas(random: () => number, mean: number, icc: number): number {
  const size = 1 / icc - 1;
  const a = gamma(random, mean * size);
  return a / (a + gamma(random, (1 - mean) * size));
}
