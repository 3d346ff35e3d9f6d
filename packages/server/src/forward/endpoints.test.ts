import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { RootwardConfig } from "@rootward/pipeline/model/workflow";
import { endpointsOf } from "./endpoints.ts";

const url = "https://cloud.langfuse.com/api/public/otel/v1/traces?region=eu";

test("an endpoint waits for settling, gets spans only and gzip, unless it says otherwise", () => {
  const headers = { Authorization: "Basic ${LANGFUSE_AUTH}", "x-both": "${A}-${B}" };
  const environment = { LANGFUSE_AUTH: "cGs6c2s=", A: "1", B: "2" };
  const [endpoint] = endpointsOf([{ name: "langfuse", url, headers }], environment, 4318);
  expect(endpoint).toMatchObject({
    name: "langfuse",
    when: "settled",
    signals: ["traces"],
    compression: "gzip",
    headers: { authorization: "Basic cGs6c2s=", "x-both": "1-2" },
  });
  expect([endpoint?.urls.traces.href, endpoint?.urls.logs.href]).toEqual([
    url,
    "https://cloud.langfuse.com/api/public/otel/v1/logs?region=eu",
  ]);
});

describe("what is wrong with the headers is said without their values", () => {
  test.each([
    [
      { authorization: "Bearer ${KEY}" },
      {},
      /header "authorization" needs the environment variable KEY, which is not set/,
    ],
    [
      { authorization: "${KEY}" },
      { KEY: "" },
      /needs the environment variable KEY, which is empty/,
    ],
    [{ authorization: "${KEY" }, { KEY: "a" }, /has "\$\{KEY"; expected \$\{NAME\}/],
    [{ authorization: "${a key}" }, {}, /has "\$\{a key\}"; expected \$\{NAME\}/],
    [{ authorization: "${KEY}" }, { KEY: "secret\nline" }, /has a value that no header can have/],
    [{ "not a name": "a" }, {}, /has no name that a header can have/],
    [{ "Content-Type": "application/json" }, {}, /header "Content-Type" is set by Rootward/],
  ])("%j with %j", (headers, environment, why) => {
    const make = () => endpointsOf([{ name: "one", url, headers }], environment, 4318);
    expect(make).toThrow(why);
    expect(make).toThrow(/^forward "one": /);
    expect(make).not.toThrow(/secret/);
  });
});

test("an endpoint that is this server itself is refused", () => {
  const own = { name: "me", url: "http://localhost:4318/v1/traces" };
  expect(() => endpointsOf([own], {}, 4318)).toThrow(/url is "http:\S+", which is this server/);
  expect(endpointsOf([own], {}, 4319)).toHaveLength(1);
});

describe("what is wrong in rootward.yaml is said with its place and what is accepted", () => {
  test.each([
    [
      "{name: a, url: localhost}",
      /forward\.0\.url is "localhost": no address that spans are sent to; expected https:\/\/HOST\/…\/v1\/traces/,
    ],
    [
      "{name: a, url: 'https://api.honeycomb.io'}",
      /forward\.0\.url is "https:\/\/api.honeycomb.io": .*expected/,
    ],
    ["{name: A b, url: 'https://a/v1/traces'}", /forward\.0\.name is "A b": expected a-z, 0-9/],
    ["{name: a}", /forward\.0\.url is missing/],
    [
      "{name: a, url: 'https://a/v1/traces', when: later}",
      /forward\.0\.when is "later"; accepted: settled, received/,
    ],
    [
      "{name: a, url: 'https://a/v1/traces', zip: no}",
      /unknown key "zip" in forward\.0; accepted: the keys name, url, headers, when, signals, compression/,
    ],
    [
      "{name: a, url: 'https://a/v1/traces'}, {name: a, url: 'https://b/v1/traces'}",
      /forward\.1\.name is "a": "a" is the name of an endpoint above/,
    ],
  ])("%s", (text, why) => {
    const parsed = parseYaml(`forward: [${text}]`, "rootward.yaml", RootwardConfig);
    expect(parsed.ok ? [] : parsed.errors).toEqual([expect.stringMatching(why)]);
    expect(parsed.ok ? "" : parsed.errors[0]).toMatch(/^rootward\.yaml:1:\d+: /);
  });
});

test("every recipe of docs/forwarding.md is accepted as it stands", () => {
  const page = readFileSync(new URL("../../../../docs/forwarding.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
  expect(blocks).toHaveLength(2);
  for (const block of blocks) {
    const parsed = parseYaml(block, "forwarding.md", RootwardConfig);
    if (!parsed.ok) throw new Error(parsed.errors.join());
    const variables = [...block.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = ""]) => name);
    const environment = Object.fromEntries(variables.map((name) => [name, "value"]));
    const endpoints = endpointsOf(parsed.value.forward ?? [], environment, 4318);
    expect(endpoints.length).toBe(parsed.value.forward?.length);
  }
});
