/**
 * Area under the ROC curve: the chance that a run to be found is ranked before one that is not, ties counting half.
 *
 * @param scores     higher is more suspicious
 * @param positives  by index, whether the run is one to be found
 * @returns undefined where one of the two kinds is missing: then the question has no answer
 * @source Mann and Whitney, Ann. Math. Statist. 18 (1947) 50
 */
export function aucOf(
  scores: readonly number[],
  positives: readonly boolean[],
): number | undefined {
  const order = scores.map((score, index) => ({ score, positive: positives[index] === true }));
  order.sort((a, b) => a.score - b.score);
  const found = order.reduce((sum, { positive }) => sum + (positive ? 1 : 0), 0);
  const others = order.length - found;
  if (found === 0 || others === 0) return undefined;
  let rankSum = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && order[end]?.score === order[start]?.score) end += 1;
    const rank = (start + 1 + end) / 2;
    for (let index = start; index < end; index += 1) if (order[index]?.positive) rankSum += rank;
    start = end;
  }
  return (rankSum - (found * (found + 1)) / 2) / (found * others);
}
