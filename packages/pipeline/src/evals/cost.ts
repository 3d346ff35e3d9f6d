import type { LlmCall } from "../model/run.ts";

/** US dollars per million tokens, by model. */
type Prices = Readonly<Record<string, { readonly input: number; readonly output: number }>>;

/**
 * What model calls cost by the tokens that their spans tell. Tokens from a provider's cache count as any other, so it is rather too much.
 *
 * @returns null where there is no call, or one whose model has no price or whose tokens are not told: part of a sum is no sum
 */
function usdOf(calls: readonly LlmCall[], prices: Prices): number | null {
  if (calls.length === 0) return null;
  let usd = 0;
  for (const { usage, modelAnswered, modelRequested } of calls) {
    const model = [modelAnswered, modelRequested].find(
      (name) => name !== null && Object.hasOwn(prices, name),
    );
    const price = model ? prices[model] : undefined;
    if (price === undefined || usage.in === undefined || usage.out === undefined) return null;
    usd += (usage.in * price.input + usage.out * price.output) / 1_000_000;
  }
  return usd;
}

interface Usage {
  readonly usd?: number;
  readonly tokens?: number;
}

/** What the candidate says it used; where it tells no cost, with that of its model calls. */
export function usageOf(
  told: Usage | undefined,
  calls: readonly LlmCall[],
  prices: Prices,
): Usage | undefined {
  const usd = told?.usd ?? usdOf(calls, prices);
  return usd === null ? told : { ...told, usd };
}
