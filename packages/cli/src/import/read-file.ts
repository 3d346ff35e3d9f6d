import { createReadStream, openSync, readFileSync, readSync, closeSync } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip, gunzipSync } from "node:zlib";
import type { Rejection } from "@rootward/pipeline/model/span";
import { messageOf, OperatorError } from "../output.ts";

const gzipMagic = [0x1f, 0x8b];

function isGzip(file: string): boolean {
  const start = Buffer.alloc(2);
  const handle = openSync(file, "r");
  try {
    return readSync(handle, start) === 2 && gzipMagic.every((byte, at) => start[at] === byte);
  } finally {
    closeSync(handle);
  }
}

/** The bytes of a file, unpacked if it is gzip, whatever its name says. */
export function bytesOf(file: string): Buffer {
  const raw = readFileSync(file);
  return isGzip(file) ? gunzipSync(raw) : raw;
}

/** One JSON value of a file, or why a line of it is none. */
export type FileValue =
  | { readonly kind: "value"; readonly value: unknown; readonly bytes: number }
  | { readonly kind: "refused"; readonly refusal: Rejection; readonly bytes: number };

/**
 * The JSON values of a file, as they are read: one document, or one a line as the Collector's file exporter writes. Which of the two
 * it is, its first line says. `bytes`: how much of the file has been read. A line that is no JSON is refused, except the first.
 *
 * @throws OperatorError  if the file cannot be read, or holds neither
 */
export async function* valuesOf(file: string): AsyncGenerator<FileValue> {
  const raw = createReadStream(file);
  const document: string[] = [];
  let first = true;
  let number = 0;
  for await (const line of linesOf(file, raw)) {
    number += 1;
    if (line.trim() === "") continue;
    const parsed = document.length > 0 ? null : parsedLine(line);
    if (parsed !== null) yield { kind: "value", value: parsed.value, bytes: raw.bytesRead };
    else if (first || document.length > 0) document.push(line);
    else {
      const refusal = { reason: "the line is no JSON", at: `${file}:${number}` };
      yield { kind: "refused", refusal, bytes: raw.bytesRead };
    }
    first = false;
  }
  if (document.length === 0) return;
  yield { kind: "value", value: wholeOf(file, document.join("\n")), bytes: raw.bytesRead };
}

/** The parsed line; null if it is no JSON. */
function parsedLine(line: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(line) };
  } catch {
    return null;
  }
}

function wholeOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperatorError(`${file} is neither JSON nor JSON lines: ${messageOf(error)}`, 1, {
      cause: error,
    });
  }
}

/** Lines of text, without their ends and without a byte order mark. */
async function* linesOf(file: string, raw: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8");
  let rest: string[] = [];
  for await (const chunk of unpacked(file, raw)) {
    const [head = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
    rest.push(head);
    for (const next of others) {
      yield rest.join("");
      rest = [next];
    }
  }
  yield rest.join("") + decoder.decode();
}

async function* unpacked(file: string, raw: Readable): AsyncGenerator<Uint8Array> {
  try {
    const packed = isGzip(file);
    const stream = packed ? raw.pipe(createGunzip()) : raw;
    if (packed) raw.on("error", (error) => stream.destroy(error));
    for await (const chunk of stream) yield Buffer.from(chunk);
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  } finally {
    // Whoever has seen enough leaves early.
    raw.destroy();
  }
}
