import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { rowsOf } from "../model/batch.ts";
import type { OtlpBody } from "../model/batch.ts";
import type { LogRecord, Span, TraceContent } from "../model/span.ts";
import { receive } from "../wire/receive.ts";

/** What really happened in a captured run. The fields are told in `fixtures/captures/README.md`. */
export interface Truth {
  readonly framework: string;
  readonly scenario: string;
  readonly question: string;
  readonly retrieved: readonly string[];
  readonly evidenceIds?: readonly string[];
  readonly cited: readonly string[];
  readonly toolCalls: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly framework?: boolean;
    readonly role?: string;
  }[];
  readonly retry: boolean;
  readonly fallback: boolean;
  readonly agents: readonly string[];
  readonly handoff: { readonly from: string; readonly to: string } | null;
  readonly runFailed: boolean;
  readonly output: string | null;
  /** What no reader can know from these spans and logs: `false` by its name. */
  readonly observable?: Readonly<Record<string, boolean>>;
  readonly expected: {
    readonly grounded?: boolean | string;
    readonly fallback?: boolean | string;
    readonly downstream_ok?: boolean | string;
  };
  readonly wire: { readonly spans: number; readonly traces: number };
}

/** One recorded run: the OTLP bodies as they arrived, and the truth. */
export interface Capture {
  readonly name: string;
  readonly framework: string;
  readonly truth: Truth;
  readonly bodies: readonly OtlpBody[];
}

/** A line of `bodies.jsonl.gz`. */
export interface PackedBody {
  readonly capture: string;
  readonly file: string;
  readonly base64: string;
}

/** `captures` come from two scripted worlds, `worlds` from others: other tools, documents, errors and forms of citing. */
export type Pack = "captures" | "worlds";

const packs = (pack: Pack): string =>
  fileURLToPath(new URL(`../../../../fixtures/${pack}/`, import.meta.url));

function bodyOf(file: string, bytes: Uint8Array): OtlpBody | null {
  const named = /^\d+-(traces|logs)\.(pb|json)/.exec(file);
  if (named === null) return null;
  return {
    signal: named[1] === "logs" ? "logs" : "traces",
    encoding: named[2] === "json" ? "json" : "protobuf",
    bytes,
  };
}

/** The captures of this repository, of all frameworks or of one, in order of name. */
export function packedCaptures(only?: string, pack: Pack = "captures"): readonly Capture[] {
  const frameworks = readdirSync(packs(pack), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (only === undefined || entry.name === only))
    .map((entry) => entry.name);
  return frameworks.flatMap((framework) => packOf(framework, pack));
}

function packOf(framework: string, pack: Pack): readonly Capture[] {
  const folder = join(packs(pack), framework);
  const truths = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<
    string,
    Truth
  >;
  const bodies = new Map<string, OtlpBody[]>();
  for (const line of gunzipSync(readFileSync(join(folder, "bodies.jsonl.gz")))
    .toString("utf8")
    .split("\n")) {
    if (line === "") continue;
    const { capture, file, base64 } = JSON.parse(line) as PackedBody;
    const body = bodyOf(file, Buffer.from(base64, "base64"));
    if (body !== null) bodies.set(capture, [...(bodies.get(capture) ?? []), body]);
  }
  return Object.entries(truths).map(([name, truth]) => ({
    name: `${framework}/${name}`,
    framework,
    truth,
    bodies: bodies.get(name) ?? [],
  }));
}

/** The captures below a folder: each a folder with `ground-truth.json` and bodies `NNN-traces.pb`, `NNN-logs.json`, also `.gz`. */
export function capturesIn(root: string): readonly Capture[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory() || entry.isFile())
    .filter((entry) => entry.name === "ground-truth.json")
    .map((entry) => entry.parentPath)
    .sort()
    .map((folder) => captureOf(folder));
}

function captureOf(folder: string): Capture {
  const truth = JSON.parse(readFileSync(join(folder, "ground-truth.json"), "utf8")) as Truth;
  const framework = basename(join(folder, ".."));
  const bodies = readdirSync(folder)
    .filter((file) => !file.endsWith(".headers.json"))
    .sort()
    .flatMap((file) => {
      const raw = readFileSync(join(folder, file));
      return bodyOf(file, file.endsWith(".gz") ? gunzipSync(raw) : raw) ?? [];
    });
  return { name: `${framework}/${basename(folder)}`, framework, truth, bodies };
}

/** The spans and log records of a capture, decoded. */
export function contentOf(capture: Capture): TraceContent {
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  for (const body of capture.bodies) {
    const rows = rowsOf(receive(body).batch);
    spans.push(...rows.spans);
    logs.push(...rows.logs);
  }
  return { spans, logs };
}

/** Letters that stand for each other: the same name gives the same other name of equal length, that means nothing. */
function shifted(word: string): string {
  return word.replaceAll(/[a-z]/g, (letter, index: number) => {
    const from = index % 2 === 0 ? "bdfgklmnprstvz" : "aeiou";
    return from.charAt((letter.charCodeAt(0) + index * 7 + word.length) % from.length);
  });
}

/** A pattern for a name in all its spellings: `policy_agent`, `policy-agent`, `PolicyAgent`, `policyAgent`. */
function spellings(name: string): RegExp {
  const words = name.split(/[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])/).filter((word) => word !== "");
  return new RegExp(words.join("[^A-Za-z0-9]?"), "gi");
}

/** Words by which frameworks name the tools that pass control on, or that only give the answer a form. */
const passing = /transfer|hand_?off|delegate|^ask_|structured_output|final_answer|final_result/i;

/**
 * The same capture with every tool, agent and document under another name of equal length, in the bodies and in the truth: nothing
 * that is read may depend on a name. Names of frameworks' own tools stay.
 */
export function renamed(capture: Capture): Capture {
  const { truth } = capture;
  const names = [
    ...truth.toolCalls
      .filter((call) => !call.framework && !passing.test(call.name))
      .map((call) => call.name),
    ...truth.agents,
    ...(truth.handoff === null ? [] : [truth.handoff.from, truth.handoff.to]),
    ...truth.retrieved,
    ...(truth.evidenceIds ?? []),
    ...truth.cited,
  ].filter((name) => /[A-Za-z]{3}|[A-Z]{2}/.test(name));
  const patterns = [...new Set(names)].toSorted((a, b) => b.length - a.length).map(spellings);
  const words =
    patterns.length === 0 ? null : new RegExp(patterns.map((one) => one.source).join("|"), "gi");
  const swap = (text: string): string =>
    words === null
      ? text
      : text.replaceAll(words, (found) =>
          found.replaceAll(/[A-Za-z]+/g, (word) => shiftedWord(word)),
        );
  return {
    ...capture,
    truth: JSON.parse(JSON.stringify(truth), (_key, value: unknown) =>
      typeof value === "string" ? swap(value) : value,
    ) as Truth,
    bodies: capture.bodies.map((body) => ({
      ...body,
      bytes: Buffer.from(swap(Buffer.from(body.bytes).toString("latin1")), "latin1"),
    })),
  };
}

/** By its small letters, so that all spellings of a word become spellings of one other word. */
function shiftedWord(word: string): string {
  const other = shifted(word.toLowerCase());
  return Array.from(other)
    .map((letter, index) => (/[A-Z]/.test(word.charAt(index)) ? letter.toUpperCase() : letter))
    .join("");
}
