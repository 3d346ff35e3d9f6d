import { expect, test } from "vitest";
import type { Signals } from "../model/signal.ts";
import { absent, measured } from "./reading.ts";
import { writtenAttributes } from "./written.ts";

const none = { ungrounded: [], violations: [] };

test("a measured signal is written with its method, an absent one with its reason and no value", () => {
  const signals: Signals = {
    grounded: measured(0.5, "cited_ids", []),
    fallback: measured(false, "no_fallback_seen", []),
    confidence: absent("no_logprobs"),
    downstream_ok: measured(true, "declared", [], "application"),
  };
  const lists = { ungrounded: ["TR-900", "TR-901", "TR-902"], violations: [] };
  expect(Object.fromEntries(writtenAttributes(signals, lists, 2))).toEqual({
    "agent.behavioral.grounded": 0.5,
    "agent.behavioral.grounded_method": "cited_ids",
    "agent.behavioral.fallback": false,
    "agent.behavioral.fallback_method": "no_fallback_seen",
    "agent.behavioral.confidence_absent": "no_logprobs",
    "agent.behavioral.downstream_ok": true,
    "agent.behavioral.downstream_ok_method": "declared",
    "agent.behavioral.source": "server",
    "agent.behavioral.ungrounded_ids": ["TR-900", "TR-901"],
  });
});

test("the source is the application only where it declared all that is known", () => {
  const off = absent("not_applicable");
  const declared = measured(1, "declared", [], "application");
  const signals = { grounded: declared, fallback: off, confidence: off, downstream_ok: off };
  expect(writtenAttributes(signals, none, 20).get("agent.behavioral.source")).toBe("application");
  const nothing = { ...signals, grounded: off };
  expect(writtenAttributes(nothing, none, 20).get("agent.behavioral.source")).toBe("server");
});

test("no name that is written is the beginning of another one, dots apart", () => {
  const signals: Signals = {
    grounded: measured(1, "cited_ids", []),
    fallback: measured(true, "escalation", []),
    confidence: measured(1, "logprobs", []),
    downstream_ok: absent("no_contract"),
  };
  const lists = { ungrounded: ["a"], violations: ["b"] };
  const names = [...writtenAttributes(signals, lists, 20).keys()];
  const nested = names.filter((name) => names.some((other) => other.startsWith(`${name}.`)));
  expect(nested).toEqual([]);
});
