import { statSync } from "node:fs";
import { newExchange } from "@rootward/pipeline/exchange/exchange";
import type { Exchange } from "@rootward/pipeline/exchange/exchange";
import { acceptedShapes, formats, recognize } from "@rootward/pipeline/exchange/formats";
import type { FormatName } from "@rootward/pipeline/exchange/formats";
import { fromOtlp } from "@rootward/pipeline/exchange/otlp";
import { policy } from "@rootward/pipeline/model/policy";
import type { Rejection } from "@rootward/pipeline/model/span";
import { signalOfProtobuf, UnreadableBody } from "@rootward/pipeline/wire/receive";
import { bodyFiles } from "../bodies.ts";
import { counted, messageOf, OperatorError } from "../output.ts";
import { bytesOf, valuesOf } from "./read-file.ts";
import type { Part, Source } from "./source.ts";

const wanted = {
  name: /\.(json|jsonl|ndjson|pb|bin)(\.gz)?$/,
  what: "export",
  accepted: ".json, .jsonl, .ndjson, .pb or .bin files, each also .gz",
};
const protobufName = /\.(pb|bin)(\.gz)?$/;

/** What a file holds: JSON of one format, an OTLP/protobuf body, or metrics, of which nothing is kept. */
type Content =
  | { readonly kind: "json"; readonly format: FormatName }
  | { readonly kind: "protobuf"; readonly signal: "traces" | "logs" }
  | { readonly kind: "metrics" };

interface Sorted {
  readonly file: string;
  readonly content: Content;
  readonly bytes: number;
}

/**
 * Traces in files. What every file is, is known before anything of them is sent.
 *
 * @param from  the format of all of them; null: by the shape of each
 * @throws OperatorError  a path that does not exist; a named file that is no export (of `from`); folders without any
 */
export async function filesSource(
  paths: readonly string[],
  from: FormatName | null,
  onWarning: (text: string) => void,
): Promise<Source> {
  const { files, named } = bodyFiles(paths, wanted);
  const sorted: Sorted[] = [];
  for (const file of files) {
    const content = await contentOf(file, from).catch((error: unknown) => {
      if (named.has(file)) throw error;
      return messageOf(error);
    });
    if (typeof content === "string") onWarning(`left out: ${content}`);
    else if (content.kind === "metrics")
      onWarning(`left out: ${file} holds metrics, of which nothing is kept`);
    else sorted.push({ file, content, bytes: statSync(file).size });
  }
  if (sorted.length === 0)
    throw new OperatorError(
      `${paths.join(", ")}: nothing to import; accepted: ${acceptedShapes()}`,
    );
  const what = [...new Set(sorted.map((one) => nameOf(one.content)))].join(", ");
  return {
    name: `${counted(sorted.length, "file")} (${what})`,
    parts: () => partsOf(sorted),
  };
}

function nameOf(content: Content): string {
  return content.kind === "json" ? content.format : "otlp";
}

async function contentOf(file: string, from: FormatName | null): Promise<Content> {
  if (protobufName.test(file)) {
    if (from !== null && from !== "otlp") throw notOf(file, from);
    return protobufIn(file) ?? unrecognized(file);
  }
  const first = await firstValue(file).catch((error: unknown) => {
    const content = wanted.name.test(file) ? null : protobufIn(file);
    if (content === null) throw error;
    return content;
  });
  if (first === null) throw new OperatorError(`${file} is empty; accepted: ${acceptedShapes()}`);
  if ("kind" in first) return first;
  if (isMetrics(first.value)) return { kind: "metrics" };
  if (from !== null && !formats[from].recognizes(first.value)) throw notOf(file, from);
  const format = from ?? recognize(first.value);
  return format === null ? unrecognized(file) : { kind: "json", format };
}

function unrecognized(file: string): never {
  throw new OperatorError(`${file} is no export that is known; accepted: ${acceptedShapes()}`);
}

function notOf(file: string, from: FormatName): OperatorError {
  return new OperatorError(`${file} is not of --from ${from}; expected ${formats[from].shape}`);
}

function isMetrics(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    ("resourceMetrics" in value || "resource_metrics" in value)
  );
}

function protobufIn(file: string): Content | null {
  try {
    const signal = signalOfProtobuf(bytesOf(file));
    if (signal === null) return null;
    return signal === "metrics" ? { kind: "metrics" } : { kind: "protobuf", signal };
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
}

async function firstValue(file: string): Promise<{ readonly value: unknown } | null> {
  for await (const one of valuesOf(file)) if (one.kind === "value") return { value: one.value };
  return null;
}

/** Every file after the other; at the end what had to be put together from several. */
async function* partsOf(sorted: readonly Sorted[]): AsyncGenerator<Part> {
  const of = sorted.reduce((sum, { bytes }) => sum + bytes, 0);
  const together = new Map<FormatName, unknown[]>();
  let before = 0;
  for (const { file, content, bytes } of sorted) {
    if (content.kind === "protobuf")
      yield { exchange: protobuf(file, content.signal), done: before + bytes, of };
    if (content.kind === "json") {
      const all = together.get(content.format) ?? [];
      if (formats[content.format].needs === "all") together.set(content.format, all);
      for await (const part of chunksOf(file, content.format, all))
        yield { exchange: part.exchange, done: before + part.done, of };
    }
    before += bytes;
  }
  for (const [format, values] of together)
    yield { exchange: formats[format].convert(values), done: of, of };
}

function protobuf(file: string, signal: "traces" | "logs"): Exchange {
  try {
    const exchange = fromOtlp({ signal, encoding: "protobuf", bytes: bytesOf(file) });
    return { ...exchange, refused: exchange.refused.map((one) => placed(file, one)) };
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    return { ...newExchange(), refused: [{ reason: messageOf(error), at: file }] };
  }
}

function placed(file: string, { reason, at }: Rejection): Rejection {
  return { reason, at: `${file}: ${at}` };
}

/** The values of a file converted, some lines at a time; `all` takes those that must wait for others. */
async function* chunksOf(
  file: string,
  format: FormatName,
  all: unknown[],
): AsyncGenerator<{ readonly exchange: Exchange; readonly done: number }> {
  const waits = formats[format].needs === "all";
  let values: unknown[] = [];
  let refused: Rejection[] = [];
  let done = 0;
  const converted = () => {
    const exchange = formats[format].convert(values);
    const places = exchange.refused.map((one) => placed(file, one));
    const part = { exchange: { ...exchange, refused: [...refused, ...places] }, done };
    values = [];
    refused = [];
    return part;
  };
  for await (const one of valuesOf(file)) {
    done = one.bytes;
    if (one.kind === "refused") refused.push(one.refusal);
    else if (waits) all.push(one.value);
    else if (isMetrics(one.value)) continue;
    else if (!formats[format].recognizes(one.value))
      refused.push({
        reason: `it is not of the format ${format}, as what stands before it`,
        at: file,
      });
    else values.push(one.value);
    if (values.length >= policy("importLines")) yield converted();
  }
  if (values.length + refused.length > 0) yield converted();
}
