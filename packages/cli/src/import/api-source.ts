import type { z } from "zod";
import { messageOf, OperatorError } from "../output.ts";
import { patiently } from "./patient.ts";
import type { Patience } from "./patient.ts";

/** One page of a product's API is asked for. */
interface PageCall<T extends z.ZodType> {
  /** `Langfuse`, `LangSmith`. */
  readonly product: string;
  /** The product's address, without a slash at its end. */
  readonly base: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The variables that hold the keys, for the message where they are refused. */
  readonly keys: string;
  /** Sent with POST as JSON; null: a GET. */
  readonly body: unknown;
  readonly schema: T;
}

/** Asked again: too many requests, and what a server says when it is the server's fault. */
const again = [429, 500, 502, 503, 504];

/**
 * The JSON of one answer, as its schema reads it.
 *
 * @returns null if it was stopped while it waited
 * @throws OperatorError  nobody answers, the keys are refused, or it is no answer of that product
 */
export async function page<T extends z.ZodType>(
  call: PageCall<T>,
  patience: Patience,
): Promise<z.output<T> | null> {
  const who = `${call.product} at ${call.base}`;
  const headers = { accept: "application/json", ...call.headers };
  const init =
    call.body === null
      ? { headers }
      : {
          method: "POST",
          headers: { ...headers, "content-type": "application/json" },
          body: JSON.stringify(call.body),
        };
  const url = `${call.base}${call.path}`;
  const answer = await patiently({ url, init, again, who }, patience);
  if (answer === null) return null;
  if (!answer.ok) throw await refusal(call, who, answer);
  return read(call, who, await answer.text());
}

async function refusal(
  call: Pick<PageCall<z.ZodType>, "keys" | "path">,
  who: string,
  answer: Response,
): Promise<OperatorError> {
  const said = (await answer.text().catch(() => "")).replaceAll(/\s+/g, " ").slice(0, 200);
  const path = call.path.split("?")[0] ?? "";
  if (answer.status === 401 || answer.status === 403)
    return new OperatorError(
      `${who} answered ${answer.status}: it does not accept ${call.keys}: ${said}`,
    );
  const hint = answer.status === 404 ? ": is --url the address of its API?" : "";
  return new OperatorError(`${who} answered ${answer.status} to ${path}${hint} ${said}`.trim());
}

function read<T extends z.ZodType>(call: PageCall<T>, who: string, text: string): z.output<T> {
  const path = call.path.split("?")[0] ?? "";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OperatorError(
      `${who} answered ${path} with something else than JSON (${messageOf(error)}): is --url the address of its API?`,
      1,
      { cause: error },
    );
  }
  const parsed = call.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new OperatorError(
    `${who} answered ${path} in a form that is not known: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
  );
}

/** The value of a variable of the environment that holds a key. @throws OperatorError exit code 2 */
export function keyIn(name: string, product: string): string {
  const value = process.env[name]?.trim() ?? "";
  if (value === "")
    throw new OperatorError(
      `${name} is not set; the keys of ${product} are read from the environment`,
      2,
    );
  return value;
}
