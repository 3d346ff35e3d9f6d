import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JudgeConfig } from "@rootward/pipeline/model/judge-config";
import { newJudge } from "./judge.ts";
import { startJudgeEndpoint } from "./testing/judge-endpoint.ts";
import type { JudgeEndpoint, Play } from "./testing/judge-endpoint.ts";

const key = "sk-test-0123456789abcdefghij";
let endpoint: JudgeEndpoint;
beforeAll(async () => {
  endpoint = await startJudgeEndpoint(() => "hello");
});
afterAll(async () => await endpoint.stop());

const question = { model: "m-1", system: "S", user: "U", maxOutputTokens: 300, temperature: 0 };

async function ask(play: Play, config: object = {}, env: NodeJS.ProcessEnv = { KEY: key }) {
  endpoint.play(play);
  const given = { base_url: `${endpoint.url}/v1/`, key_env: "KEY", ...config };
  return await newJudge(JudgeConfig.parse(given), env).ask(question);
}

function why(answer: Awaited<ReturnType<typeof ask>>): string {
  return answer.ok ? `answered ${answer.text}` : answer.why;
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Play {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

const completion = (message: object, finish = "stop") => ({
  choices: [{ finish_reason: finish, message }],
});
const message = (text: string, stop: string | null) => ({
  type: "message",
  stop_reason: stop,
  content: [
    { type: "thinking", thinking: "…" },
    { type: "text", text },
  ],
});

describe("an endpoint that speaks as OpenAI's", () => {
  test("is asked at temperature 0 with the key in the header", async () => {
    expect(await ask(() => "yes")).toEqual({ ok: true, text: "yes" });
    expect(endpoint.received.at(-1)).toMatchObject({
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${key}` },
      body: {
        model: "m-1",
        temperature: 0,
        max_completion_tokens: 300,
        messages: [
          { role: "system", content: "S" },
          { role: "user", content: "U" },
        ],
      },
    });
    await ask(() => "yes", { tokens_key: "max_tokens" });
    expect(endpoint.received.at(-1)?.body).toMatchObject({ max_tokens: 300 });
  });

  test.each([
    ["a refusal", completion({ content: null, refusal: "I cannot." }), "refused to judge"],
    ["an answer that was cut", completion({ content: "{" }, "length"), "params.max_output_tokens"],
    ["a filter", completion({ content: "{}" }, "content_filter"), "(content_filter)"],
    ["a tool call", completion({ content: null }, "tool_calls"), "(tool_calls)"],
    ["an empty answer", completion({ content: "" }), "is empty"],
    ["no choice", { choices: [] }, "no chat completion"],
    ["another form", { text: "pass" }, "no chat completion"],
    ["no JSON", "<html>pass</html>", "no chat completion"],
  ])("%s is no answer", async (_, body, reason) => {
    expect(why(await ask(json(200, body)))).toContain(reason);
  });
});

describe("an endpoint that speaks as Anthropic's", () => {
  const anthropic = { kind: "anthropic" };

  test("is asked at temperature 0 with the key in the header, with /v1 or without", async () => {
    expect(await ask(json(200, message("yes", "end_turn")), anthropic)).toEqual({
      ok: true,
      text: "yes",
    });
    await ask(() => "yes", { ...anthropic, base_url: endpoint.url });
    for (const received of endpoint.received.slice(-2)) {
      expect(received).toMatchObject({
        path: "/v1/messages",
        headers: { "x-api-key": key, "anthropic-version": "2023-06-01" },
        body: {
          model: "m-1",
          system: "S",
          temperature: 0,
          max_tokens: 300,
          messages: [{ role: "user", content: "U" }],
        },
      });
    }
  });

  test.each([
    ["a refusal", message("", "refusal"), "refused to judge"],
    ["an answer that was cut", message("{", "max_tokens"), "params.max_output_tokens"],
    ["a tool call", message("x", "tool_use"), "(tool_use)"],
    ["no end", message("x", null), "(null)"],
    ["an empty answer", message("", "end_turn"), "is empty"],
    ["an error with status 200", { type: "error", error: { message: "no" } }, "no message"],
  ])("%s is no answer", async (_, body, reason) => {
    expect(why(await ask(json(200, body), anthropic))).toContain(reason);
  });
});

describe("whatever goes wrong", () => {
  test("a busy endpoint is asked again after the time that it names", async () => {
    const statuses = [429, 500, 529, 503];
    const before = endpoint.received.length;
    const busy: Play = (_, response) => {
      const status = statuses.shift();
      if (status === undefined) return "yes";
      return void response.writeHead(status, { "retry-after": "0" }).end();
    };
    expect(await ask(busy)).toEqual({ ok: true, text: "yes" });
    expect(endpoint.received.length - before).toBe(5);
  });

  test("an endpoint that stays busy, or asks for a longer wait than is allowed, gives no answer", async () => {
    const before = endpoint.received.length;
    const answer = await ask(json(429, {}, { "retry-after": "0" }));
    expect(why(answer)).toMatch(/^the judge at 127\.0\.0\.1:\d+ answered 429$/);
    expect(endpoint.received.length - before).toBe(5);
    const late = await ask(json(429, {}, { "retry-after": "3600" }));
    expect(why(late)).toContain("asks to wait 3600 s; at most 60 s are waited");
    expect(endpoint.received.length - before).toBe(6);
  });

  test("an endpoint that hangs, also in the middle of an answer, is left and not asked again", async () => {
    const before = endpoint.received.length;
    const silent = await ask(() => undefined, { timeout: "50ms" });
    expect(why(silent)).toMatch(/does not answer \(The operation was aborted due to timeout\)$/);
    const half: Play = (_, response) => void response.writeHead(200).write('{"choices":');
    expect(why(await ask(half, { timeout: "50ms" }))).toMatch(/did not answer \(.*timeout\)$/);
    expect(endpoint.received.length - before).toBe(2);
  });

  test("an endpoint that floods is cut off", async () => {
    const flood: Play = (_, response) => {
      const more = () => response.writable && response.write(" ".repeat(65_536), () => more());
      response.writeHead(200);
      more();
    };
    expect(why(await ask(flood))).toContain("answered more than a verdict could be");
  });

  test("no key stands in any reason, whatever the endpoint says", async () => {
    const echoes: readonly Play[] = [
      json(401, { error: { message: `Incorrect API key provided: ${key}. Ask sk-te****ghij.` } }),
      json(400, { error: `Bearer ${key}` }),
      json(200, completion({ content: "x" }, key)),
      json(200, key),
    ];
    for (const play of echoes) {
      const answer = await ask(play);
      expect(answer.ok).toBe(false);
      expect(why(answer)).not.toMatch(/sk-te|ghij/);
    }
    const odd = `${key}\nX-Other: 1`;
    for (const env of [{ KEY: odd }, { KEY: `${key}é` }]) {
      expect(why(await ask(() => "yes", {}, env))).toBe(
        "the variable KEY holds characters that no key has",
      );
    }
  });

  test("a redirect is not followed: it could carry the key to somebody else", async () => {
    const before = endpoint.received.length;
    const answer = await ask(json(307, "", { location: "/v1/other" }));
    expect(answer.ok).toBe(false);
    expect(endpoint.received.length - before).toBe(1);
  });

  test("variables that are missing or wrong are named, without their values", async () => {
    const env = (base: string) => ({ KEY: key, BASE: base });
    const from = { base_url: undefined, base_url_env: "BASE" };
    const cases: readonly (readonly [object, NodeJS.ProcessEnv, string])[] = [
      [{}, {}, "the variable KEY is not set: it holds the judge's key"],
      [{}, { KEY: " " }, "the variable KEY is not set: it holds the judge's key"],
      [from, { KEY: key }, "the variable BASE is not set: it holds the judge's address"],
      [
        from,
        env("secret"),
        "the variable BASE holds no address that begins with http:// or https://",
      ],
      [
        from,
        env("ftp://secret"),
        "the variable BASE holds no address that begins with http:// or https://",
      ],
      [
        from,
        env("https://u:secret@h"),
        "the variable BASE holds a user or password; give a key by judge.key_env",
      ],
    ];
    for (const [config, environment, reason] of cases)
      expect(why(await ask(() => "yes", config, environment))).toBe(reason);
    expect(await newJudge(undefined).ask(question)).toMatchObject({ ok: false });
    expect(await ask(() => "yes", from, env(`${endpoint.url}/v1`))).toMatchObject({ ok: true });
    const nobody = await ask(() => "yes", { base_url: "http://127.0.0.1:1/v1" });
    expect(why(nobody)).toContain("the judge at 127.0.0.1:1 does not answer (");
  });

  test("no more questions run at once than are allowed", async () => {
    let [running, most] = [0, 0];
    endpoint.play((_, response) => {
      running += 1;
      most = Math.max(most, running);
      setImmediate(() => {
        running -= 1;
        response.end(JSON.stringify(completion({ content: "yes" })));
      });
    });
    const judge = newJudge(JudgeConfig.parse({ base_url: endpoint.url, concurrency: 2 }));
    const answers = await Promise.all(
      Array.from({ length: 9 }, async () => await judge.ask(question)),
    );
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(most).toBeLessThanOrEqual(2);
  });
});
