import { OperatorError, messageOf } from "./output.ts";

/** Where the server is when nobody says otherwise. */
const defaultUrl = "http://127.0.0.1:4318";

/** `--url`, else ROOTWARD_URL, else the local default; without a slash at its end. */
export function serverUrl(option?: string): string {
  const given = option ?? process.env["ROOTWARD_URL"] ?? defaultUrl;
  if (!/^https?:\/\//.test(given) || !URL.canParse(given)) {
    throw new OperatorError(`the server's URL is "${given}"; expected http://HOST:PORT`, 2);
  }
  return given.replace(/\/+$/, "");
}

/**
 * One request to the server's API. The body, if any, is sent as JSON.
 *
 * @param withinMs  how long the answer may take; as long as it likes without it
 * @throws OperatorError  if no server answers there, or it refuses: its own message
 */
export async function request(
  url: string,
  path: string,
  body?: unknown,
  withinMs?: number,
): Promise<Response> {
  const signal = withinMs === undefined ? {} : { signal: AbortSignal.timeout(withinMs) };
  return await accepted(
    url,
    path,
    body === undefined
      ? signal
      : {
          ...signal,
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        },
  );
}

/** `DELETE path`. @throws OperatorError  as `request` */
export async function requestDelete(url: string, path: string): Promise<void> {
  await accepted(url, path, { method: "DELETE" });
}

async function accepted(url: string, path: string, init: RequestInit): Promise<Response> {
  const response = await send(url, path, init);
  if (response.ok) return response;
  const text = await response.text();
  throw new OperatorError(errorText(text) ?? `${url}${path} answered ${response.status}`);
}

async function send(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, init);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new OperatorError(
      `no Rootward server answers at ${url} (${messageOf(cause)}). Start one with: rootward serve`,
      1,
      { cause: error },
    );
  }
}

/** The JSON of `GET path`, or of `POST path` where a body is given; parse it with a schema. */
export async function requestJson(
  url: string,
  path: string,
  body?: unknown,
  withinMs?: number,
): Promise<unknown> {
  const response = await request(url, path, body, withinMs);
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperatorError(
      `${url}${path} answered with something else than JSON: is this a Rootward server?`,
      1,
      { cause: error },
    );
  }
}

/** The lines of an NDJSON answer, each parsed, as they arrive. */
export async function* requestLines(url: string, path: string): AsyncGenerator<unknown> {
  const response = await request(url, path);
  if (response.body === null) return;
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}

function errorText(text: string): string | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "error" in parsed) {
      return typeof parsed.error === "string" ? parsed.error : null;
    }
    return null;
  } catch {
    return null;
  }
}
