/**
 * A program for tests: opens the store of a data directory and puts one batch of spans after another, writing a line when each
 * is acknowledged. `node putting.ts DIR FIRST COUNT [CLICKHOUSE]`: batches FIRST to FIRST + COUNT, ten spans each.
 */
import { receive } from "@rootward/pipeline/wire/receive";
import { openStore } from "../src/store/store.ts";

const [dataDir = "", first = "0", count = "1", clickhouseUrl = null] = process.argv.slice(2);

function batchOf(n: number, text: string) {
  const spans = Array.from({ length: 10 }, (_, at) => ({
    traceId: `c${n.toString(16).padStart(31, "0")}`,
    spanId: (at + 1).toString(16).padStart(16, "0"),
    name: `batch ${n}`,
    startTimeUnixNano: "1",
    endTimeUnixNano: "2",
    attributes: [{ key: "text", value: { stringValue: text } }],
  }));
  const bytes = Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  return receive({ signal: "traces", encoding: "json", bytes }).batch;
}

try {
  const store = await openStore({ dataDir, clickhouseUrl });
  console.log("open");
  const text = "x".repeat(2000);
  for (let n = Number(first); n < Number(first) + Number(count); n += 4) {
    const group = [n, n + 1, n + 2, n + 3];
    await Promise.all(
      group.map((each) => store.put(batchOf(each, text)).then(() => console.log(each))),
    );
  }
  await store.close();
} catch (cause) {
  console.error(
    cause instanceof Error
      ? `${cause.name} ${"code" in cause ? String(cause.code) : ""} ${cause.message}`
      : cause,
  );
  process.exitCode = 1;
}
