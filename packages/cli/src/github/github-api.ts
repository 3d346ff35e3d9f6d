import { policy } from "@rootward/pipeline/model/policy";
import { messageOf } from "../output.ts";
import { programVersion } from "../version.ts";
import type { GithubRun } from "./github-run.ts";

interface Call {
  readonly method: "GET" | "POST" | "PATCH";
  /** Below the repository, `/issues/7/comments`, or a whole address of the same API. */
  readonly path: string;
  readonly body?: unknown;
}

/** What an answer that refuses says, with what can be done about it. */
async function refusal({ method, path }: Call, answer: Response): Promise<string> {
  const what = `${method} ${new URL(answer.url || "http://api").pathname || path}`;
  const said = /"message"\s*:\s*"([^"]{0,200})/.exec(await answer.text().catch(() => ""))?.[1];
  const isLimit =
    answer.status === 429 ||
    (answer.status === 403 &&
      (answer.headers.get("x-ratelimit-remaining") === "0" || answer.headers.has("retry-after")));
  const help = isLimit
    ? "the rate limit is reached"
    : answer.status === 403
      ? "the token may not: a pull request from a fork, or permissions are missing (comment: pull-requests: write; check: checks: write)"
      : answer.status === 404
        ? "nothing there that the token can see"
        : answer.status === 401
          ? "the token is not accepted"
          : "";
  return [`${what} answered ${answer.status}`, help, said].filter(Boolean).join(": ");
}

/**
 * One request to GitHub's API. Never repeated: what it is for is a convenience, and the gate does not wait for it.
 *
 * @throws Error  one sentence: refused, not reached, or not answered within the time of the policy
 */
export async function githubCall(run: GithubRun, call: Call): Promise<Response> {
  const { method, path, body } = call;
  const url = path.startsWith("/") ? `${run.api}/repos/${run.repository}${path}` : path;
  // The token goes to the API alone, wherever an answer points.
  if (!url.startsWith(`${run.api}/`)) throw new Error(`${url} is not below ${run.api}`);
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      redirect: "error",
      signal: AbortSignal.timeout(policy("reportRequestTimeoutMs")),
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${run.token}`,
        "content-type": "application/json",
        "user-agent": `rootward/${programVersion()}`,
        "x-github-api-version": "2022-11-28",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${new URL(url).host} does not answer (${messageOf(cause)})`, { cause: error });
  }
  if (answer.ok) return answer;
  throw new Error(await refusal(call, answer));
}

/** The address of the next page, as the `Link` header tells it; null on the last. */
export function nextPage(answer: Response): string | null {
  const link = answer.headers.get("link") ?? "";
  return /<([^>]+)>\s*;[^,]*\brel="next"/.exec(link)?.[1] ?? null;
}
