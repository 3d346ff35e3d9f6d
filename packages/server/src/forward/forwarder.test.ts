import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import type { OtlpBody, SpanBatch } from "@rootward/pipeline/model/batch";
import type { ForwardConfig } from "@rootward/pipeline/model/workflow";
import { receive } from "@rootward/pipeline/wire/receive";
import { contentTypes, exportAnswer } from "../otlp-answer.ts";
import { bodyJson, spanIdOf, spanJson, traceIdOf } from "../testing/door.ts";
import { type Receiver, startReceiver } from "../testing/receiver.ts";
import type { EndpointStatus } from "./counts.ts";
import type { Clock } from "./courier.ts";
import { endpointsOf } from "./endpoints.ts";
import { type Forwarder, type ForwarderOptions, openForwarder } from "./forwarder.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-forward-"));
const receivers: Receiver[] = [];
const open = new Set<Forwarder>();
let folders = 0;

afterEach(async () => {
  for (const forwarder of open) await forwarder.close();
  open.clear();
  for (const receiver of receivers.splice(0)) await receiver.stop();
});
afterAll(() => rmSync(root, { recursive: true }));

async function receiver(): Promise<Receiver> {
  const started = await startReceiver();
  receivers.push(started);
  return started;
}

/** A clock whose waits end at once, and are noted. */
function quickClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => 1_000_000,
    random: () => 0,
    async wait(ms) {
      waits.push(ms);
      await setImmediate();
    },
  };
}

/** A clock whose waits end only when forwarding does. */
const patientClock: Clock = {
  now: () => 1_000_000,
  random: () => 0,
  wait: async (_, signal) =>
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve());
    }),
};

/** An answer that is given when the test says so. */
function held() {
  let answer: (status: number) => void = () => undefined;
  const promise = new Promise<{ status: number }>((resolve) => {
    answer = (status) => resolve({ status });
  });
  return { promise, answer: (status: number) => answer(status) };
}

function newFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

interface Opened {
  readonly forwarder: Forwarder;
  readonly log: readonly string[];
  readonly of: (name: string) => EndpointStatus;
}

async function opened(
  configs: readonly ForwardConfig[],
  given: Partial<ForwarderOptions> = {},
): Promise<Opened> {
  const log: string[] = [];
  const forwarder = await openForwarder(endpointsOf(configs, {}, 1), {
    folder: given.folder ?? newFolder(),
    agent: "rootward/test",
    log: (line) => log.push(line),
    clock: quickClock(),
    ...given,
  });
  open.add(forwarder);
  const of = (name: string): EndpointStatus => {
    const found = forwarder.status().find((one) => one.name === name);
    if (found === undefined) throw new Error(`no endpoint ${name}`);
    return found;
  };
  return { forwarder, log, of };
}

async function closed(forwarder: Forwarder): Promise<void> {
  open.delete(forwarder);
  await forwarder.close();
}

function atOnce(name: string, { url }: Receiver, more: Partial<ForwardConfig> = {}): ForwardConfig {
  return { name, url, when: "received", ...more };
}

function batchOf(signal: OtlpBody["signal"], text: string): SpanBatch {
  return receive({ signal, encoding: "json", bytes: Buffer.from(text) }).batch;
}

/** A batch of spans that are numbered. */
function spans(...numbers: readonly number[]): SpanBatch {
  return batchOf(
    "traces",
    bodyJson(...numbers.map((number) => spanJson(traceIdOf(number), spanIdOf(number)))),
  );
}

function ids(...numbers: readonly number[]): readonly string[] {
  return numbers.map((number) => spanIdOf(number));
}

async function idle(of: () => EndpointStatus): Promise<EndpointStatus> {
  await vi.waitFor(() => expect(of().waitingRecords).toBe(0), { timeout: 20_000, interval: 5 });
  const status = of();
  const { taken, sent, rejected, refused, dropped } = status;
  expect(sent + rejected + refused + dropped).toBe(taken);
  return status;
}

describe("what is received", () => {
  test("goes on at once, each span once, with the headers that are asked for", async () => {
    const there = await receiver();
    const headers = { authorization: "Bearer key", "x-project": "one" };
    const { forwarder, of, log } = await opened([atOnce("one", there, { headers })]);
    await forwarder.received(spans(1, 2));
    await forwarder.received(spans(2, 3));
    await forwarder.received(spans(1, 2));
    const status = await idle(() => of("one"));
    expect(there.spanIds()).toEqual(ids(1, 2, 3));
    expect(there.requests[0]?.path).toBe("/v1/traces");
    expect(there.requests[0]?.headers).toMatchObject({
      ...headers,
      "content-type": "application/x-protobuf",
      "content-encoding": "gzip",
      "user-agent": "rootward/test",
    });
    expect(status).toMatchObject({
      url: there.url,
      when: "received",
      sent: 3,
      retries: 0,
      waitingBytes: 0,
      lastSuccessMs: 1_000_000,
      trouble: null,
    });
    expect(log).toEqual([]);
  });

  test("is not packed where the endpoint does not want that", async () => {
    const there = await receiver();
    const { forwarder, of } = await opened([atOnce("one", there, { compression: "none" })]);
    await forwarder.received(spans(1));
    await idle(() => of("one"));
    expect(there.requests[0]?.headers["content-encoding"]).toBeUndefined();
    expect(there.spanIds()).toEqual(ids(1));
  });

  test("holds log records for those who asked for them, at their own address, whenever spans go", async () => {
    const there = await receiver();
    const { forwarder, of } = await opened([
      { name: "both", url: there.url, signals: ["traces", "logs"] },
      atOnce("spans", there),
    ]);
    const record = { timeUnixNano: "5", body: { stringValue: "hello" }, traceId: traceIdOf(1) };
    const logs = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
    await forwarder.received(batchOf("logs", logs));
    await forwarder.received(batchOf("logs", logs));
    await idle(() => of("both"));
    expect(there.requests.map(({ path }) => path)).toEqual(["/v1/logs"]);
    expect(there.requests.flatMap((got) => got.logs.map(({ body }) => body))).toEqual(["hello"]);
    expect([of("both").sent, of("spans").taken]).toEqual([1, 0]);
  });
});

describe("an endpoint that", () => {
  test("is down gets everything when it is up again, after waits that double", async () => {
    const there = await receiver();
    const clock = quickClock();
    const { forwarder, of, log } = await opened([atOnce("one", there)], { clock });
    const down = { status: 503, body: "no leader", headers: { "content-type": "text/plain" } };
    there.script(down, down, "die", down);
    await forwarder.received(spans(1));
    await forwarder.received(spans(2));
    const status = await idle(() => of("one"));
    expect(there.spanIds().toSorted()).toEqual(ids(1, 2));
    // Half of each wait is by chance; here chance gives nothing.
    expect(clock.waits).toEqual([500, 1_000, 2_000, 4_000]);
    expect(status).toMatchObject({ sent: 2, retries: 4, trouble: null, nextTryMs: null });
    expect(log).toEqual([
      "forward one: not delivered, it waits on disk and is sent again: 503 no leader",
      "forward one: it answers again",
    ]);
  });

  test("asks to come back later is asked no sooner", async () => {
    const there = await receiver();
    const clock = quickClock();
    const { forwarder, of } = await opened([atOnce("one", there)], { clock });
    there.script(
      { status: 429, headers: { "retry-after": "120" } },
      { status: 408 },
      { status: 503, headers: { "retry-after": "0" } },
    );
    await forwarder.received(spans(1));
    await idle(() => of("one"));
    expect(clock.waits).toEqual([120_000, 1_000, 2_000]);
    expect(there.spanIds()).toEqual(ids(1));
  });

  test("refuses a request loses that one, with its reason, and gets the next", async () => {
    const there = await receiver();
    const { forwarder, of, log } = await opened([atOnce("one", there)]);
    there.script(
      {
        status: 401,
        headers: { "content-type": "application/json" },
        body: '{"message":"no such key"}',
      },
      { status: 302, headers: { location: "https://elsewhere/login" } },
    );
    await forwarder.received(spans(1, 2));
    await idle(() => of("one"));
    expect(of("one")).toMatchObject({ sent: 0, refused: 2, lastRefused: "401 no such key" });
    await forwarder.received(spans(3));
    await idle(() => of("one"));
    await forwarder.received(spans(4));
    const status = await idle(() => of("one"));
    expect(there.spanIds()).toEqual(ids(4));
    expect(status).toMatchObject({
      sent: 1,
      refused: 3,
      retries: 0,
      lastRefused: "302, it is at https://elsewhere/login",
    });
    expect(log).toEqual([
      "forward one: a request of 2 records was refused and is dropped: 401 no such key",
    ]);
  });

  test("takes a part is believed, and the rest is not sent again", async () => {
    const there = await receiver();
    const { forwarder, of } = await opened([atOnce("one", there)]);
    const rejections = [{ at: "resourceSpans[0]", reason: "too old" }];
    there.script({
      status: 200,
      headers: { "content-type": contentTypes.protobuf },
      body: Buffer.from(exportAnswer("traces", "protobuf", rejections)),
    });
    await forwarder.received(spans(1, 2, 3));
    const status = await idle(() => of("one"));
    expect(status).toMatchObject({
      sent: 2,
      rejected: 1,
      retries: 0,
      lastRejected: "resourceSpans[0]: too old",
    });
    expect(there.requests).toHaveLength(1);
  });

  test.each([413, 408])("finds a request too much (%i) gets smaller ones", async (tooMuch) => {
    const there = await receiver();
    const { forwarder, of } = await opened([atOnce("one", there)]);
    const first = held();
    there.script(first.promise);
    await forwarder.received(spans(0));
    await vi.waitFor(() => expect(there.requests).toHaveLength(1));
    for (let number = 1; number <= 8; number += 1) await forwarder.received(spans(number));
    there.always = (got) => ({ status: got.spans.length > 2 ? tooMuch : 200 });
    first.answer(200);
    const status = await idle(() => of("one"));
    expect(status).toMatchObject({ sent: 9, refused: 0 });
    expect(there.spanIds()).toEqual(ids(0, 1, 2, 3, 4, 5, 6, 7, 8));
  });

  test("finds a request too large that cannot be smaller does not get it", async () => {
    const there = await receiver();
    const { forwarder, of } = await opened([atOnce("one", there)]);
    there.script({ status: 413 });
    await forwarder.received(spans(1, 2));
    const status = await idle(() => of("one"));
    expect(status).toMatchObject({ sent: 0, refused: 2, lastRefused: "413" });
  });

  test("is slow or dead delays neither what is received nor another endpoint", async () => {
    const slow = await receiver();
    const quick = await receiver();
    const dead = await receiver();
    await dead.stop();
    const never = held();
    slow.always = never.promise;
    const { forwarder, of } = await opened(
      [atOnce("slow", slow), atOnce("dead", dead), atOnce("quick", quick)],
      { clock: patientClock },
    );
    for (let number = 0; number < 20; number += 1) await forwarder.received(spans(number));
    expect((await idle(() => of("quick"))).sent).toBe(20);
    await vi.waitFor(() => expect(of("dead").trouble).toMatch(/ECONNREFUSED/));
    expect(of("slow")).toMatchObject({ taken: 20, sent: 0, waitingRecords: 20 });
    never.answer(200);
    expect((await idle(() => of("slow"))).sent).toBe(20);
    expect(slow.spanIds()).toHaveLength(20);
  });
});

describe("a restart", () => {
  test("delivers what waited, once, and repeats nothing that came before it", async () => {
    const there = await receiver();
    there.always = { status: 503 };
    const folder = newFolder();
    const first = await opened([atOnce("one", there)], { folder, clock: patientClock });
    for (let number = 0; number < 10; number += 1) await first.forwarder.received(spans(number));
    await vi.waitFor(() => expect(first.of("one").trouble).toBe("503"));
    await closed(first.forwarder);
    there.always = { status: 200 };
    const second = await opened([atOnce("one", there)], { folder });
    await second.forwarder.received(spans(9, 10));
    const status = await idle(() => second.of("one"));
    expect(status).toMatchObject({ taken: 11, sent: 11 });
    expect(there.spanIds().toSorted()).toEqual(ids(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).toSorted());
  });

  test("lets the request under way end", async () => {
    const there = await receiver();
    const folder = newFolder();
    const late = held();
    there.script(late.promise);
    const first = await opened([atOnce("one", there)], { folder });
    await first.forwarder.received(spans(1));
    await vi.waitFor(() => expect(there.requests).toHaveLength(1));
    const closing = closed(first.forwarder);
    late.answer(200);
    await closing;
    const second = await opened([atOnce("one", there)], { folder });
    await second.forwarder.received(spans(2));
    await idle(() => second.of("one"));
    expect(there.spanIds()).toEqual(ids(1, 2));
  });

  test("says which queues nobody empties any more", async () => {
    const there = await receiver();
    there.always = { status: 503 };
    const folder = newFolder();
    const first = await opened([atOnce("old", there)], { folder, clock: patientClock });
    await first.forwarder.received(spans(1));
    await closed(first.forwarder);
    const second = await opened([atOnce("new", there)], { folder, clock: patientClock });
    expect(second.log).toEqual([
      `forward old: spans wait in ${join(folder, "old")}, and no endpoint has this name any more`,
    ]);
  });
});

test("a queue that is full drops the oldest, counts it, and says so once", async () => {
  const there = await receiver();
  there.always = { status: 503 };
  const { forwarder, of, log } = await opened([atOnce("one", there)], {
    clock: patientClock,
    queueBytes: 600,
    segmentBytes: 1,
  });
  for (let number = 0; number < 30; number += 1) await forwarder.received(spans(number));
  const { taken, dropped, waitingRecords, waitingBytes, lastDropped } = of("one");
  expect([taken, dropped + waitingRecords]).toEqual([30, 30]);
  expect(dropped).toBeGreaterThan(0);
  expect(waitingBytes).toBeLessThanOrEqual(600);
  expect(lastDropped).toBe("the queue is full: 600 bytes wait");
  expect(log.filter((line) => line.includes("dropped"))).toEqual([
    "forward one: records are dropped, /api/status counts them: the queue is full: 600 bytes wait",
  ]);
});

test("queues that cannot be opened end the start with where they should be", async () => {
  const there = await receiver();
  const file = join(root, "a file");
  writeFileSync(file, "");
  await expect(opened([atOnce("one", there)], { folder: file })).rejects.toThrow(
    /^the queues of what is forwarded, \S+a file, cannot be opened: EEXIST/,
  );
});

test("a folder that is gone costs forwarding its spans, and whoever sends them nothing", async () => {
  const there = await receiver();
  const folder = newFolder();
  const { forwarder, of } = await opened([atOnce("one", there)], { folder });
  rmSync(folder, { recursive: true });
  await forwarder.received(spans(1, 2));
  const status = await idle(() => of("one"));
  expect(status).toMatchObject({ taken: 2, dropped: 2 });
  expect(status.lastDropped).toMatch(/cannot be written: ENOENT/);
  open.delete(forwarder);
});
