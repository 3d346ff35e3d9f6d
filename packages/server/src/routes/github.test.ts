import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openDoor, type Door } from "../testing/door.ts";
import type { GithubSettings } from "./github.ts";

const secret = "a secret of the webhook";
const settings: GithubSettings = {
  secret,
  isLoopback: false,
  environments: { Production: "production" },
  repositories: { "acme/desk": { workflow: "claims" } },
};

function status(state: string, createdAt = "2026-11-14T05:58:00Z", id = 77): object {
  return {
    action: "created",
    repository: { full_name: "acme/desk", private: true },
    deployment: {
      id,
      sha: "0123456789abcdef0123456789abcdef01234567",
      ref: "main",
      environment: "Production",
      description: null,
    },
    deployment_status: { state, created_at: createdAt },
  };
}

function signed(body: string, key = secret): Record<string, string> {
  return {
    "content-type": "application/json",
    "x-hub-signature-256": `sha256=${createHmac("sha256", key).update(body).digest("hex")}`,
  };
}

async function send(
  door: Door,
  event: string,
  body: unknown,
  headers?: Record<string, string>,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const text = JSON.stringify(body);
  const answer = await door.post("/api/changes/github", text, {
    "x-github-event": event,
    ...(headers ?? signed(text)),
  });
  return { status: answer.status, body: await answer.json() };
}

describe("GitHub's webhook", () => {
  test("a deployment that succeeded is a change of what the repository concerns", async () => {
    const door = await openDoor({ github: settings });
    expect(await send(door, "deployment_status", status("success"))).toMatchObject({ status: 200 });
    expect(await door.store.changes()).toEqual([
      {
        id: "github-deployment-acme/desk-77",
        atMs: Date.parse("2026-11-14T05:58:00Z"),
        kind: "deploy",
        workflow: "claims",
        environment: "production",
        service: null,
        title: "acme/desk main deployed to Production",
        before: null,
        after: "0123456789abcdef0123456789abcdef01234567",
        origin: "told",
        field: null,
      },
    ]);
  });

  test("one that did not succeed, a deployment just begun, a ping and other events are none", async () => {
    const door = await openDoor({ github: settings });
    for (const state of ["failure", "in_progress", "inactive"]) {
      expect(await send(door, "deployment_status", status(state))).toEqual({
        status: 200,
        body: { changes: [], ignored: `the status is ${state}; only success is a change` },
      });
    }
    for (const event of ["deployment", "ping", "push"]) {
      expect(await send(door, event, {})).toMatchObject({ status: 200, body: { changes: [] } });
    }
    expect(await door.store.changes()).toEqual([]);
  });

  test("a delivery that comes again, or a second success, is the same change at its first time", async () => {
    const door = await openDoor({ github: settings });
    await send(door, "deployment_status", status("success"));
    await send(door, "deployment_status", status("success"));
    await send(door, "deployment_status", status("success", "2026-11-15T00:00:00Z"));
    await send(door, "deployment_status", status("success", "2026-11-15T00:00:00Z", 78));
    expect((await door.store.changes()).map(({ atMs }) => new Date(atMs).toISOString())).toEqual([
      "2026-11-14T05:58:00.000Z",
      "2026-11-15T00:00:00.000Z",
    ]);
  });

  test("a published release is a change; a draft or a prerelease is none", async () => {
    const door = await openDoor({ github: settings });
    const release = {
      action: "published",
      repository: { full_name: "acme/other" },
      release: {
        id: 5,
        tag_name: "v2.1.0",
        name: "Shorter answers",
        draft: false,
        prerelease: false,
        published_at: "2026-11-16T08:00:00Z",
      },
    };
    await send(door, "release", release);
    await send(door, "release", { ...release, action: "edited" });
    await send(door, "release", {
      ...release,
      release: { ...release.release, id: 6, prerelease: true },
    });
    expect(await door.store.changes()).toMatchObject([
      {
        id: "github-release-acme/other-5",
        title: "acme/other release v2.1.0: Shorter answers",
        after: "v2.1.0",
        workflow: null,
        environment: null,
      },
    ]);
  });

  test("a signature that is missing, malformed or of another secret is refused, and nothing is kept", async () => {
    const door = await openDoor({ github: settings });
    const json = { "content-type": "application/json" };
    const body = status("success");
    for (const headers of [
      json,
      { ...json, "x-hub-signature-256": "sha1=abc" },
      { ...json, "x-hub-signature-256": `sha256=${"0".repeat(64)}` },
      signed(JSON.stringify(body), "another"),
    ]) {
      expect(await send(door, "deployment_status", body, headers)).toMatchObject({
        status: 403,
        body: { error: expect.stringMatching(/^X-Hub-Signature-256 /) },
      });
    }
    expect(await door.store.changes()).toEqual([]);
  });

  test("without a secret events are taken on a loopback address only", async () => {
    const json = { "content-type": "application/json" };
    const near = await openDoor({ github: { ...settings, secret: null, isLoopback: true } });
    expect(await send(near, "deployment_status", status("success"), json)).toMatchObject({
      status: 200,
    });
    const far = await openDoor({ github: { ...settings, secret: null } });
    expect(await send(far, "deployment_status", status("success"), json)).toMatchObject({
      status: 403,
      body: { error: expect.stringContaining("changes.github.secret_env") },
    });
  });

  test("what is no event of GitHub is refused with what is missing", async () => {
    const door = await openDoor({ github: settings });
    const broken = { ...status("success"), deployment: { id: "77" } };
    expect(await send(door, "deployment_status", broken)).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("the deployment_status event: deployment.id") },
    });
    const form = { ...signed("{}"), "content-type": "application/x-www-form-urlencoded" };
    expect(await send(door, "ping", {}, form)).toMatchObject({ status: 415 });
    const text = "{}";
    const answer = await door.post("/api/changes/github", text, signed(text));
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: expect.stringContaining("X-GitHub-Event is missing") },
    ]);
  });
});
