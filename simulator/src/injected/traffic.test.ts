import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { faultTypes } from "./kinds.ts";
import { injectedTraffic, type InjectedOptions, type InjectedTraffic } from "./traffic.ts";
import { worldKinds } from "./world.ts";

const small: Omit<InjectedOptions, "kind"> = {
  seed: 5,
  noise: 0,
  baselineRuns: 10,
  runsPerFault: 6,
  startMs: Date.UTC(2026, 8, 7),
};

function hashOf({ deliveries }: InjectedTraffic): string {
  const hash = createHash("sha256");
  for (const { body } of deliveries) hash.update(body);
  return hash.digest("hex");
}

function spanIdsOf({ deliveries }: InjectedTraffic): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { body, contentType } of deliveries) {
    const encoding = contentType === "application/json" ? "json" : "protobuf";
    const { batch, rejections } = receive({ signal: "traces", encoding, bytes: body });
    expect(rejections).toEqual([]);
    for (let row = 0; row < batch.length; row += 1) ids.add(batch.span(row).spanId);
  }
  return ids;
}

test("the same options give the same bodies, another seed other ones", () => {
  const kind = "orders";
  expect(hashOf(injectedTraffic({ ...small, kind }))).toBe(
    hashOf(injectedTraffic({ ...small, kind })),
  );
  expect(hashOf(injectedTraffic({ ...small, kind, seed: 6 }))).not.toBe(
    hashOf(injectedTraffic({ ...small, kind })),
  );
});

test.each(worldKinds)(
  "in a world of %s every fault is told with its span, which was sent",
  (kind) => {
    const traffic = injectedTraffic({ ...small, kind });
    const sent = spanIdsOf(traffic);
    const touched = traffic.runs.filter(({ episode }) => episode !== null);
    expect(touched.length).toBeGreaterThan(20);
    for (const { episode, origin, originLost } of touched) {
      if (!origin) throw new Error(`${episode?.id ?? ""} has no origin`);
      expect(originLost).toBe(false);
      expect(sent.has(origin.spanId)).toBe(true);
    }
    const ordinary = traffic.runs.filter(({ episode, failed }) => episode === null && failed);
    expect(ordinary.length).toBeLessThan(traffic.runs.length * 0.05);
  },
);

test("every kind of fault has a place in some world, and ten or more in each", () => {
  const found = worldKinds.map((kind) => {
    const { episodes } = injectedTraffic({ ...small, kind });
    return new Set(episodes.map(({ type }) => type));
  });
  for (const types of found) expect(types.size).toBeGreaterThanOrEqual(10);
  expect(new Set(found.flatMap((types) => [...types])).size).toBe(faultTypes.length);
});

test("on a bad day spans are lost, and the truth says whose origin was among them", () => {
  const noisy = injectedTraffic({ ...small, kind: "relay", noise: 1 });
  const sent = spanIdsOf(noisy);
  const lost = noisy.runs.filter(({ originLost }) => originLost);
  expect(lost.length).toBeGreaterThan(0);
  for (const { origin } of lost) expect(sent.has(origin?.spanId ?? "")).toBe(false);
});

test.each([{ noise: 2 }, { baselineRuns: 0 }, { runsPerFault: -1 }])("%o is refused", (wrong) => {
  expect(() => injectedTraffic({ ...small, kind: "answers", ...wrong })).toThrow(RangeError);
});
