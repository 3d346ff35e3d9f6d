import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { buildFailure, buildResult, buildVerdict } from "@rootward/pipeline/testing/build-verdict";
import { scriptedApi } from "../testing/scripted-api.ts";
import type { Answer, Asked } from "../testing/scripted-api.ts";
import { check, conclusionOf } from "./check.ts";
import { comment } from "./comment.ts";
import { githubRun } from "./github-run.ts";
import type { GithubRun } from "./github-run.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
const root = mkdtempSync(join(tmpdir(), "rootward-github-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** GitHub's API in small, below a path as an enterprise has it. */
async function github(script: (asked: Asked, base: string) => Answer) {
  const { base, asked, close } = await scriptedApi((one, at) => script(one, `${at}/api/v3`));
  closing.push(close);
  const run: GithubRun = {
    api: `${base}/api/v3`,
    token: "t0ken",
    repository: "acme/agent",
    sha: "abcdef1234567890abcdef1234567890abcdef12",
    pull: 7,
    url: "https://github.example/acme/agent/actions/runs/5",
  };
  return { run, asked };
}

const blocked = buildVerdict([buildFailure("EC-gift", [["budget", "took 9 s", 16]])], {
  outcome: "blocked",
});
const told = { coverage: ["not covered: refunds"], folder: "evals", isAdvisory: false };
const marker = "<!-- rootward-gate evals -->";

describe("the comment", () => {
  test("is written where there is none, with marker, report and link, and by the token alone", async () => {
    const { run, asked } = await github(({ method }) => ({ body: method === "GET" ? [] : {} }));
    expect(await comment(blocked, told, run)).toBe("comment written");
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /api/v3/repos/acme/agent/issues/7/comments?per_page=100",
      "POST /api/v3/repos/acme/agent/issues/7/comments",
    ]);
    const body = String(asked[1]?.body?.["body"]);
    expect(body.startsWith(`${marker}\n### Rootward gate: blocked`)).toBe(true);
    expect(body).toContain("EC-gift");
    expect(body).toContain("- not covered: refunds");
    expect(body).toContain("[the run](https://github.example/acme/agent/actions/runs/5) · abcdef1");
    expect(asked[0]?.token).toBe("Bearer t0ken");
  });

  test("is updated where it is, also on a later page, and only what begins with the marker is it", async () => {
    const { run, asked } = await github(({ method, path }, base) => {
      if (method !== "GET") return {};
      if (path.includes("page=2")) return { body: [{ id: 31, body: `${marker}\nold` }] };
      const next = `${base}/repos/acme/agent/issues/7/comments?per_page=100&page=2`;
      return {
        body: [
          { id: 30, body: `> ${marker} quoted` },
          { id: 29, body: null },
        ],
        headers: { link: `<${base}/x>; rel="first", <${next}>; rel="next"` },
      };
    });
    expect(await comment(blocked, told, run)).toBe("comment updated");
    expect(asked.at(-1)).toMatchObject({
      method: "PATCH",
      path: "/api/v3/repos/acme/agent/issues/comments/31",
    });
    expect(asked).toHaveLength(3);
  });

  test("another folder's gate has a comment of its own", async () => {
    const { run, asked } = await github(({ method }) => ({
      body: method === "GET" ? [{ id: 30, body: `${marker}\nold` }] : {},
    }));
    await comment(blocked, { ...told, folder: "agents/b--evals" }, run);
    expect(asked.at(-1)).toMatchObject({ method: "POST" });
    expect(String(asked.at(-1)?.body?.["body"])).toMatch(
      /^<!-- rootward-gate agents\/b__evals -->/,
    );
  });

  test("where the token may not change it, another is written", async () => {
    const { run, asked } = await github(({ method }) =>
      method === "GET"
        ? { body: [{ id: 30, body: marker }] }
        : method === "PATCH"
          ? { status: 403, body: { message: "Resource not accessible" } }
          : {},
    );
    expect(await comment(blocked, told, run)).toBe("comment written");
    expect(asked.map(({ method }) => method)).toEqual(["GET", "PATCH", "POST"]);
  });

  test("a report that is too long for a comment is cut", async () => {
    const many = Array.from({ length: 900 }, (_, n) =>
      buildFailure(`EC-${n}`, [["budget", "x".repeat(200), 1]]),
    );
    const { run, asked } = await github(({ method }) => ({ body: method === "GET" ? [] : {} }));
    await comment(buildVerdict(many, { outcome: "blocked" }), told, run);
    const body = String(asked.at(-1)?.body?.["body"]);
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain("more lines do not fit");
  });

  test.each([
    [
      { status: 403, body: { message: "Resource not accessible by integration" } },
      /403: the token may not: a pull request from a fork.*Resource not accessible/,
    ],
    [{ status: 404 }, /404: nothing there that the token can see/],
    [{ status: 401 }, /401: the token is not accepted/],
    [{ status: 403, headers: { "x-ratelimit-remaining": "0" } }, /403: the rate limit is reached/],
    [{ status: 429 }, /429: the rate limit is reached/],
    [{ status: 500 }, /answered 500/],
    [{ status: 302, headers: { location: "http://127.0.0.1:9/" } }, /does not answer/],
  ] satisfies [Answer, RegExp][])(
    "an answer that refuses is one sentence: %o",
    async (answer, why) => {
      const { run } = await github(() => answer);
      await expect(comment(blocked, told, run)).rejects.toThrow(why);
      await expect(check(blocked, told, run)).rejects.toThrow(why);
    },
  );

  test("the token is not sent to where a link of an answer points", async () => {
    const other = await github(() => ({ body: [] }));
    const { run } = await github(() => ({
      body: [],
      headers: { link: `<${other.run.api}/steal>; rel="next"` },
    }));
    await expect(comment(blocked, told, run)).rejects.toThrow("is not below");
    expect(other.asked).toEqual([]);
  });
});

describe("the check run", () => {
  test("stands on the pull request's head with conclusion, annotations and report", async () => {
    const { run, asked } = await github(() => ({ status: 201 }));
    const needing = buildVerdict(
      [
        buildFailure("EC-a", [["budget", "took 9 s", 16]], {
          severity: "P1",
          action: "needs_override",
        }),
      ],
      { outcome: "override_needed" },
    );
    expect(await check(needing, told, run)).toBe("check run: action_required");
    expect(asked).toMatchObject([
      {
        method: "POST",
        path: "/api/v3/repos/acme/agent/check-runs",
        body: {
          name: "rootward gate",
          head_sha: run.sha,
          status: "completed",
          conclusion: "action_required",
          details_url: run.url,
          output: {
            annotations: [
              {
                path: "evals/cases/EC-a.yaml",
                start_line: 16,
                end_line: 16,
                annotation_level: "warning",
                title: "P1 EC-a",
              },
            ],
          },
        },
      },
    ]);
  });

  test("one request takes fifty annotations", async () => {
    const { run, asked } = await github(() => ({ status: 201 }));
    const many = Array.from({ length: 80 }, (_, n) => buildFailure(`EC-${n}`, [["a", "b", 1]]));
    await check(buildVerdict(many, { outcome: "blocked" }), { ...told, folder: "b/evals" }, run);
    const output = asked[0]?.body?.["output"] as { annotations: unknown[] };
    expect(output.annotations).toHaveLength(50);
    expect(asked[0]?.body?.["name"]).toBe("rootward gate (b/evals)");
  });

  test.each([
    ["pass", false, "success"],
    ["blocked", false, "failure"],
    ["undecided", false, "failure"],
    ["invalid", false, "failure"],
    ["override_needed", false, "action_required"],
    ["blocked", true, "neutral"],
    ["pass", true, "success"],
  ] as const)("%s (advisory: %s) concludes %s", (outcome, isAdvisory, conclusion) => {
    const verdict = buildVerdict([buildResult("EC-a")], { outcome });
    expect(conclusionOf(verdict, isAdvisory)).toBe(conclusion);
  });

  test("a pass with what was overridden or logged is neutral", () => {
    const overridden = buildFailure("EC-a", [["a", "b", 1]], { action: "overridden" });
    expect(conclusionOf(buildVerdict([overridden]), false)).toBe("neutral");
  });
});

describe("where it runs", () => {
  const env = {
    GITHUB_TOKEN: "t",
    GITHUB_REPOSITORY: "acme/agent",
    GITHUB_SHA: "merge",
    GITHUB_API_URL: "https://ghe.example/api/v3/",
  };
  const event = (value: unknown) => {
    const file = join(root, `event-${Math.random()}.json`);
    writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
    return { ...env, GITHUB_EVENT_PATH: file };
  };

  test("the commit is the pull request's head, not the merge that was checked out", () => {
    const pull = { pull_request: { number: 12, head: { sha: "head" } } };
    expect(githubRun(event(pull))).toMatchObject({
      api: "https://ghe.example/api/v3",
      sha: "head",
      pull: 12,
    });
    expect(githubRun(event({ merge_group: { head_sha: "queued" } })).sha).toBe("queued");
    expect(githubRun({ ...env, GITHUB_REF: "refs/pull/9/merge" })).toMatchObject({ pull: 9 });
    expect(githubRun(env)).toMatchObject({ sha: "merge", pull: null, url: null });
  });

  test.each([
    [{ GITHUB_TOKEN: "" }, /GITHUB_TOKEN is not set/],
    [{ GITHUB_REPOSITORY: "acme" }, /GITHUB_REPOSITORY is "acme"; expected owner\/name/],
    [{ GITHUB_API_URL: "ftp://x" }, /GITHUB_API_URL is "ftp:\/\/x"/],
    [{ GITHUB_SHA: undefined }, /GITHUB_SHA is not set/],
  ])("what is missing is named: %o", (more, why) => {
    expect(() => githubRun({ ...env, ...more })).toThrow(why);
  });

  test("an event that cannot be read is named", () => {
    expect(() => githubRun(event("{"))).toThrow(/GITHUB_EVENT_PATH .* is no event of GitHub/);
  });
});
