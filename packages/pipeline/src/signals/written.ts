import type { Signals } from "../model/signal.ts";
import { signalNames } from "../model/signal.ts";
import { absentAttribute, behavioral, methodAttribute } from "./attributes.ts";

/** Numbers are doubles, whole or not. */
type WrittenValue = number | boolean | string | readonly string[];

/**
 * What is written on a span that was measured: of each signal its value and method, or why it is absent, then without a value.
 * `source` is `server` where any of the values was computed here, else who declared them.
 *
 * @param lists  cited ids that nothing retrieved, and violations of the contract; an empty list is not written. At most `most` of each
 * @source conventions.md 3.3, "Attributes written"
 */
export function writtenAttributes(
  signals: Signals,
  lists: { readonly ungrounded: readonly string[]; readonly violations: readonly string[] },
  most: number,
): ReadonlyMap<string, WrittenValue> {
  const attributes = new Map<string, WrittenValue>();
  const sources = new Set<string>();
  for (const name of signalNames) {
    const reading = signals[name];
    if (reading.kind === "absent") {
      attributes.set(absentAttribute(name), reading.why);
      continue;
    }
    attributes.set(behavioral[name], reading.value);
    attributes.set(methodAttribute(name), reading.method);
    sources.add(reading.source);
  }
  const [only] = sources;
  attributes.set(behavioral.source, sources.size === 1 && only !== undefined ? only : "server");
  const { ungrounded, violations } = lists;
  if (ungrounded.length > 0) attributes.set(behavioral.ungroundedIds, ungrounded.slice(0, most));
  if (violations.length > 0) {
    attributes.set(behavioral.downstreamViolations, violations.slice(0, most));
  }
  return attributes;
}
