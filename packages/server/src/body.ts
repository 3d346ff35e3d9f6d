import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { policy } from "@rootward/pipeline/model/policy";
import { Problem } from "./problem.ts";

const gunzipped = promisify(gunzip);

/** @throws Problem 413  with the size that was announced or reached, and the limit */
function tooLarge(bytes: number | null, limit: number): never {
  const size = bytes === null ? `more than ${limit}` : String(bytes);
  throw new Problem(413, `the body has ${size} bytes; at most ${limit} are accepted`);
}

/**
 * The bytes of a request's body, chunked or not, never more than `limit` of them in memory.
 *
 * @param incoming  the request as Node has it, where there is one: read without the copies that a web Request makes
 * @throws Problem 413 if it is longer, 400 if the connection ended before it did
 */
export async function bodyBytes(
  request: Request,
  limit: number,
  incoming: Readable | null = null,
): Promise<Uint8Array> {
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > limit) tooLarge(announced, limit);
  const chunks: AsyncIterable<Uint8Array> | null = incoming ?? request.body;
  if (chunks === null) return new Uint8Array();
  try {
    return Number.isFinite(announced)
      ? await filled(chunks, announced, limit)
      : await streamed(chunks, limit);
  } catch (error) {
    if (error instanceof Problem) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(400, `the body ended early: ${why}`);
  }
}

/** A body of a size that is known: each chunk is copied once, to its place. */
async function filled(
  chunks: AsyncIterable<Uint8Array>,
  announced: number,
  limit: number,
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(announced);
  let length = 0;
  for await (const chunk of chunks) {
    if (length + chunk.length > announced) tooLarge(null, Math.min(announced, limit));
    bytes.set(chunk, length);
    length += chunk.length;
  }
  if (length < announced) throw new Error(`${length} of ${announced} bytes came`);
  return bytes;
}

async function streamed(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) tooLarge(null, limit);
    kept.push(chunk);
  }
  return Buffer.concat(kept, length);
}

/**
 * A body after `content-encoding`: gzip or none.
 *
 * @throws Problem 413 if it unpacks to more than `limit` bytes, 415 for another encoding, 400 for broken gzip
 */
export async function unpacked(
  bytes: Uint8Array,
  encoding: string,
  limit: number,
): Promise<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity") return bytes;
  if (name !== "gzip") {
    throw new Problem(415, `content-encoding is "${encoding}"; accepted are gzip and identity`);
  }
  try {
    return await gunzipped(bytes, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof RangeError) tooLarge(null, limit);
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(400, `the body is not readable gzip: ${why}`);
  }
}

/**
 * The bytes of a request to the API that is announced as JSON.
 *
 * @param hint  what else to say to who announces something else
 * @throws Problem 415 if it is not (which a foreign page cannot do unasked), 413, 400
 */
export async function jsonBytes(request: Request, hint = ""): Promise<Uint8Array> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\b/i.test(type)) {
    throw new Problem(415, `content-type is "${type}"; expected application/json${hint}`);
  }
  return await bodyBytes(request, policy("jsonBodyLimitBytes"));
}

/** @throws Problem 400 */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(400, `the body is not JSON: ${why}`);
  }
}

/** The JSON of a request to the API. @throws Problem as `jsonBytes` and `jsonOf` */
export async function jsonBody(request: Request): Promise<unknown> {
  return jsonOf(await jsonBytes(request));
}
