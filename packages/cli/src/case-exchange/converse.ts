import { ApiRefusal } from "@rootward/pipeline/evals/exchange/api";
import type {
  ApiAnswer,
  ApiBody,
  ApiCall,
  Conversation,
} from "@rootward/pipeline/evals/exchange/api";
import { patiently } from "../import/patient.ts";
import type { Patience } from "../import/patient.ts";
import { messageOf, OperatorError } from "../output.ts";

/** Whom an export talks to. */
export interface Api {
  /** `LangSmith` */
  readonly title: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The variables that hold the keys, for the message where they are refused. */
  readonly keys: string;
}

/** Asked again: too many requests, and what a server says when it is the server's fault. */
const again = [429, 500, 502, 503, 504];

/**
 * Sends the requests of a conversation one after the other.
 *
 * @returns how many were sent; null if it was stopped before the last: what was sent stays, and sending again changes nothing
 * @throws OperatorError  nobody answers, or an answer is a refusal: with product, address, request, status and what it said
 */
export async function converse(
  conversation: Conversation,
  api: Api,
  patience: Patience,
): Promise<number | null> {
  let sent = 0;
  for (let step = turn(() => conversation.next(), api); ;) {
    if (step.done === true) return sent;
    if (patience.stop.aborted) return null;
    const answer = await send(step.value, api, patience);
    if (answer === null) return null;
    sent += 1;
    step = turn(() => conversation.next(answer), api);
  }
}

function turn(next: () => ReturnType<Conversation["next"]>, { title, url }: Api) {
  try {
    return next();
  } catch (error) {
    if (error instanceof ApiRefusal)
      throw new OperatorError(`${title} at ${url}: ${messageOf(error)}`, 1, { cause: error });
    throw error;
  }
}

/** The requests as they would be sent to a product that holds nothing yet. Nobody is asked. */
export function rehearse(conversation: Conversation): readonly ApiCall[] {
  const calls: ApiCall[] = [];
  let step = conversation.next();
  while (step.done !== true) {
    calls.push(step.value);
    step = conversation.next({ status: 200, value: step.value.supposed });
  }
  return calls;
}

/** An address that ends with the version already (`…/v1`) is not given it twice. */
export function urlOf(base: string, path: string): string {
  return base.endsWith("/v1") && path.startsWith("/v1/") ? `${base}${path.slice(3)}` : base + path;
}

function formOf(parts: Extract<ApiBody, { kind: "parts" }>["parts"]): FormData {
  const form = new FormData();
  for (const { name, value } of parts)
    form.append(name, new Blob([JSON.stringify(value)], { type: "application/json" }));
  return form;
}

/** The request; a form says its own content type. */
function initOf({ method, body }: ApiCall, headers: Api["headers"]): RequestInit {
  if (body === null) return { method, headers };
  if (body.kind === "parts") return { method, headers, body: formOf(body.parts) };
  return {
    method,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body.value),
  };
}

async function send(call: ApiCall, api: Api, patience: Patience): Promise<ApiAnswer | null> {
  const who = `${api.title} at ${api.url}`;
  const url = urlOf(api.url, call.path);
  const answer = await patiently({ url, init: initOf(call, api.headers), again, who }, patience);
  if (answer === null) return null;
  const text = await answer.text();
  if (!answer.ok && !call.also.includes(answer.status))
    throw refusal(call, api, answer.status, text);
  return { status: answer.status, value: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusal(call: ApiCall, api: Api, status: number, text: string): OperatorError {
  const path = call.path.split("?")[0] ?? "";
  const accepted = ["200 to 299", ...call.also.map(String)].join(", ");
  const hints: Readonly<Record<number, string>> = {
    401: ` it does not accept ${api.keys}.`,
    403: ` ${api.keys} may not do this.`,
    404: " is --url the address of its API?",
  };
  const said = text.replaceAll(/\s+/g, " ").slice(0, 300);
  return new OperatorError(
    `${api.title} at ${api.url} answered ${status} to ${call.method} ${path} (accepted: ${accepted}):${hints[status] ?? ""} ${said}`.trim(),
  );
}
