#!/usr/bin/env node
// Captures what `examples/first` sends over OTLP into fixtures/first/: 260 healthy runs, then 30 on an index that was built
// empty, the last of them in a body of its own.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const folder = new URL("../fixtures/first/", import.meta.url);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

let bodies = 0;
const sink = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    bodies += 1;
    const name = `${String(bodies).padStart(3, "0")}-traces.pb.gz`;
    writeFileSync(new URL(name, folder), gzipSync(Buffer.concat(chunks), { level: 9 }));
    response.setHeader("content-type", "application/x-protobuf");
    response.end();
  });
});
await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));

const traffic = new URL("../examples/first/traffic.mjs", import.meta.url).pathname;
const endpoint = `http://127.0.0.1:${sink.address().port}`;

async function send(...args) {
  const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const child = spawn(process.execPath, [traffic, ...args], { stdio: "inherit", env });
  const status = await new Promise((resolve) => child.on("close", resolve));
  if (status !== 0) process.exit(status ?? 1);
}

await send("--healthy", "260", "--broken", "29", "--days", "12");
await send("--healthy", "0", "--broken", "1", "--days", "0.01");
sink.close();
console.log(`${bodies} bodies in fixtures/first`);
