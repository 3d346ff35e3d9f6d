import fc from "fast-check";
import { expect, test } from "vitest";
import type { LockEntry } from "../model/agent-lock.ts";
import { changesOf, isCurrent, observedChanges, observedOf } from "./changes.ts";
import { identityOf } from "./identity.ts";
import type { AgentParts } from "./identity.ts";

const entry: LockEntry = {
  model: "gpt-6-luna-2026-09-30",
  prompts: { "prompts/system.md": "9b8d000000000000" },
  tool_schemas: { "openapi/tickets.yaml": "4d50000000000000" },
  retrieval_index: "policies-v14",
};

function parts(more: Partial<AgentParts> = {}): AgentParts {
  return {
    name: "desk",
    entry,
    inCode: [],
    unknown: [],
    isDeclared: true,
    code: "c0de",
    config: { adapter: "command", run: ["node", "agent.mjs"] },
    env: { TEMPERATURE: null },
    ...more,
  };
}

test("the identity does not depend on the order of keys", () => {
  const turned = Object.fromEntries(Object.entries(entry).toReversed());
  expect(identityOf(parts({ entry: turned }))).toBe(identityOf(parts()));
  expect(identityOf(parts())).toMatch(/^[0-9a-f]{16}$/);
});

test("whatever decides how the agent behaves changes its identity", () => {
  const others = [
    parts({ entry: { ...entry, model: "gpt-6-terra" } }),
    parts({ entry: { ...entry, prompts: { "prompts/system.md": "0000000000000000" } } }),
    parts({ code: "other" }),
    parts({ config: { adapter: "command", run: ["node", "other.mjs"] } }),
    parts({ env: { TEMPERATURE: "0.7" } }),
    parts({ name: "other" }),
  ].map(identityOf);
  expect(new Set([identityOf(parts()), ...others]).size).toBe(others.length + 1);
});

test("there is no identity where the code or a declared part is unknown", () => {
  expect(identityOf(parts({ code: null }))).toBeNull();
  const unknown = [{ part: "retrieval_index", why: "it did not answer" }] as const;
  expect(identityOf(parts({ unknown }))).toBeNull();
});

test("without an entry in the lock file everything may have changed", () => {
  expect([...changesOf(null, parts(), "").keys()]).toEqual([
    "model",
    "prompt",
    "tool_schema",
    "retrieval_index",
    "code",
  ]);
});

test("only what differs from the lock file has changed, and the reason names it", () => {
  expect([...changesOf(entry, parts(), "")]).toEqual([]);
  const changed = parts({ entry: { ...entry, model: "gpt-6-terra" } });
  expect([...changesOf(entry, changed, "")]).toEqual([
    ["model", "gpt-6-luna-2026-09-30 became gpt-6-terra"],
  ]);
});

test("a part that stands in the code, or of which nothing is known, may have changed", () => {
  const { model: _, ...withoutModel } = entry;
  const inCode = parts({ entry: withoutModel, inCode: ["model"] });
  expect([...changesOf(withoutModel, inCode, "").keys()]).toEqual([]);
  expect([...changesOf(withoutModel, inCode, "src/agent.ts").keys()]).toEqual(["code", "model"]);
  const why = "identity names no model";
  const unknown = parts({ entry: withoutModel, unknown: [{ part: "model", why }] });
  expect([...changesOf(withoutModel, unknown, "")]).toEqual([["model", why]]);
  expect([...changesOf(entry, parts(), null).keys()]).toEqual(["code"]);
});

test("a part is proven unchanged only where lock file and measurement agree", () => {
  const name = fc.constantFrom("a", "b", "c");
  const value = fc.constantFrom("0000000000000000", "1111111111111111");
  const entries = fc.record(
    {
      model: name,
      prompts: fc.dictionary(name, value),
      tool_schemas: fc.dictionary(name, value),
      retrieval_index: name,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(entries, entries, (base, now) => {
      const changes = changesOf(base, parts({ entry: now }), "");
      expect(changes.has("model")).toBe(base.model !== now.model);
      expect(changes.has("retrieval_index")).toBe(base.retrieval_index !== now.retrieval_index);
      for (const [type, key] of [
        ["prompt", "prompts"],
        ["tool_schema", "tool_schemas"],
      ] as const) {
        const same = identityOf(parts({ entry: { prompts: base[key] ?? {} } }));
        const other = identityOf(parts({ entry: { prompts: now[key] ?? {} } }));
        expect(changes.has(type)).toBe(same !== other);
      }
    }),
  );
});

test("what spans tell is compared by name; what differs between trials tells nothing", () => {
  const one = { "prompt:desk": "p1", "tool_schema:lookup": "t1", "model_answered:desk": "m1" };
  const two = { ...one, "prompt:desk": "p2", commit: "abc" };
  expect(observedOf([one, two])).toEqual({
    models: { desk: "m1" },
    tool_schemas: { lookup: "t1" },
  });
  expect(observedOf([{ commit: "abc" }])).toBeUndefined();
  const base = { observed: observedOf([one]) } as const;
  expect([...observedChanges(base, observedOf([one]))]).toEqual([]);
  expect([...observedChanges(base, observedOf([two])).keys()]).toEqual(["prompt"]);
  expect([...observedChanges({}, observedOf([two]))]).toEqual([]);
});

test("a lock file is current when its declared parts are", () => {
  expect(isCurrent({ ...entry, observed: { models: { desk: "m" } } }, entry)).toBe(true);
  expect(isCurrent({ ...entry, model: "m" }, entry)).toBe(false);
  expect(isCurrent(undefined, entry)).toBe(false);
});
