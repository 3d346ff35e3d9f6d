import type { Random } from "../random.ts";
import type { WireAttributes, WireSpan, WireValue } from "../wire.ts";

/** Share of spans that are lost, cut or without content, each; at noise 1 about 15 % together. */
const shareOfEach = 0.05;

/** Attributes that hold what was said, asked or answered. */
const content =
  /input|output|message|argument|result|prompt|response\.text|documents|value$|args$/i;

/**
 * What is left of a run's spans on a bad day: some are lost, some cut in the middle of a value, some sent without their content.
 * The root is never lost.
 *
 * @param noise  from 0, nothing happens, to 1
 */
export function worn(spans: readonly WireSpan[], noise: number, random: Random): WireSpan[] {
  const share = shareOfEach * noise;
  return spans.flatMap((span) => {
    const drawn = random.next();
    if (drawn < share) return span.parentSpanId === null ? [span] : [];
    if (drawn < 2 * share) return [{ ...span, attributes: cut(span.attributes, random) }];
    if (drawn < 3 * share) return [{ ...span, attributes: bare(span.attributes) }];
    return [span];
  });
}

function bare(attributes: WireAttributes): WireAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !content.test(name)));
}

function cut(attributes: WireAttributes, random: Random): WireAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]): [string, WireValue] =>
      typeof value === "string" && value.length > 80 && content.test(name)
        ? [name, value.slice(0, Math.floor(value.length * (0.4 + 0.4 * random.next())))]
        : [name, value],
    ),
  );
}
