#!/usr/bin/env node
// Packs folders of captured OTLP bodies (`<framework>/<capture>/NNN-traces.pb` with `ground-truth.json`) into `fixtures/NAME`.
// usage: node scripts/pack-captures.mjs FOLDER [NAME]      NAME: captures (the default) or worlds
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const [source, name = "captures"] = process.argv.slice(2);
if (source === undefined || !["captures", "worlds"].includes(name)) {
  console.error("usage: node scripts/pack-captures.mjs FOLDER [captures|worlds]");
  process.exit(2);
}
const target = fileURLToPath(new URL(`../fixtures/${name}/`, import.meta.url));

const howMade = new Set(["command", "exit", "language", "protocol"]);

/** What says how a capture was made, and not what happened, stays behind. */
function expectedOf(truth) {
  const { spans, traces } = truth.wire;
  const told = Object.entries(truth).filter(([key]) => !howMade.has(key));
  return { ...Object.fromEntries(told), wire: { spans, traces } };
}

const folders = (path) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

for (const framework of folders(source)) {
  const truths = {};
  const lines = [];
  for (const capture of folders(join(source, framework))) {
    const folder = join(source, framework, capture);
    truths[capture] = expectedOf(
      JSON.parse(readFileSync(join(folder, "ground-truth.json"), "utf8")),
    );
    for (const file of readdirSync(folder).sort()) {
      if (!/^\d+-(traces|logs)\.(pb|json)(\.gz)?$/.test(file)) continue;
      const raw = readFileSync(join(folder, file));
      const bytes = file.endsWith(".gz") ? gunzipSync(raw) : raw;
      const plain = file.replace(/\.gz$/, "");
      lines.push(JSON.stringify({ capture, file: plain, base64: bytes.toString("base64") }));
    }
  }
  mkdirSync(join(target, framework), { recursive: true });
  writeFileSync(join(target, framework, "expected.json"), `${JSON.stringify(truths, null, 1)}\n`);
  writeFileSync(
    join(target, framework, "bodies.jsonl.gz"),
    gzipSync(lines.map((line) => `${line}\n`).join(""), { level: 9 }),
  );
}
