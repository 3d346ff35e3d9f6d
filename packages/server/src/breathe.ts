import { setImmediate } from "node:timers/promises";
import { policy } from "@rootward/pipeline/model/policy";
import type { Breathe } from "@rootward/pipeline/ports";

/** Lets requests in whenever some milliseconds were worked without a rest. */
export function breather(now: () => number = () => performance.now()): Breathe {
  let sinceMs = now();
  return () => {
    if (now() - sinceMs < policy("breatheEveryMs")) return undefined;
    return setImmediate().then(() => {
      sinceMs = now();
    });
  };
}
