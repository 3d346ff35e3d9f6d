import { describe, expect, test } from "vitest";
import { rowsOf } from "../model/batch.ts";
import { contentOf, packedCaptures } from "../testing/captures.ts";
import { receive } from "../wire/receive.ts";
import { newPacker } from "./pack.ts";

const content = packedCaptures("py-strands").map((capture) => contentOf(capture));
const spans = content.flatMap((each) => each.spans);
const logs = packedCaptures("py-openai").flatMap((capture) => contentOf(capture).logs);

describe("records are packed into bodies", () => {
  test.each([
    [{ bytes: 1 << 20, records: 1_000_000 }],
    [{ bytes: 4_000, records: 1_000_000 }],
    [{ bytes: 1 << 20, records: 7 }],
    [{ bytes: 1, records: 1 }],
  ])("%j: every record comes back as it was, in its order", (limits) => {
    const packer = newPacker(limits);
    const bodies = [
      ...content.flatMap((each) => packer.add({ spans: each.spans, logs: [] })),
      ...packer.add({ spans: [], logs }),
      ...packer.flush(),
    ];
    const received = bodies.map(({ body }) => receive(body));
    expect(received.flatMap(({ rejections }) => rejections)).toEqual([]);
    const rows = received.map(({ batch }) => rowsOf(batch));
    expect(rows.flatMap((each) => each.spans)).toEqual(spans);
    expect(rows.flatMap((each) => each.logs)).toEqual(logs);
    expect(packer.flush()).toEqual([]);
    for (const { records } of bodies) expect(records).toBeLessThanOrEqual(limits.records);
  });

  test("a body says which traces are in it", () => {
    const packer = newPacker({ bytes: 1 << 30, records: 1_000_000 });
    packer.add({ spans, logs: [] });
    const [packed, ...others] = packer.flush();
    expect(others).toEqual([]);
    expect(packed?.traceIds).toEqual(new Set(spans.map((span) => span.traceId)));
  });
});
