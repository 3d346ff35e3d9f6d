import { partialSuccessOf } from "@rootward/pipeline/wire/answer";
import type { PartialSuccess } from "@rootward/pipeline/wire/answer";
import type { Packed } from "@rootward/pipeline/exchange/pack";
import { messageOf, OperatorError } from "../output.ts";
import { patiently } from "./patient.ts";
import type { Patience } from "./patient.ts";

/** Asked again, as OTLP says. Source: OTLP specification, "OTLP/HTTP Throttling", retryable response codes. */
const again = [429, 502, 503, 504];

/**
 * Sends one body to a Rootward server and waits until it is stored.
 *
 * @returns what of it was not accepted; null if it was stopped while the server asked to wait: then nothing of it was taken
 * @throws OperatorError  no server answers, or it refuses the body
 */
export async function send(
  server: string,
  { body }: Packed,
  patience: Patience,
): Promise<PartialSuccess | null> {
  const who = `the Rootward server at ${server}`;
  const init = {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: new Uint8Array(body.bytes),
  };
  const url = `${server}/v1/${body.signal}`;
  const answer = await patiently({ url, init, again, who }, patience).catch((error: unknown) => {
    throw new OperatorError(`${messageOf(error)}. Start one with: rootward serve`, 1, {
      cause: error,
    });
  });
  if (answer === null) return null;
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (answer.ok) return partialSuccessOf(bytes);
  const said = Buffer.from(bytes)
    .toString("utf8")
    // The answer is a google.rpc.Status: its message between a few bytes that are none.
    // oxlint-disable-next-line no-control-regex -- these bytes are what is looked for
    .replaceAll(/[\u0000-\u001f\ufffd]+/g, " ")
    .trim();
  throw new OperatorError(`${who} answered ${answer.status} to /v1/${body.signal}: ${said}`);
}
