import { CauseRow } from "../model/causes.ts";
import { ownChanges } from "./checks.ts";

/**
 * Grows with every change of a row or check that can change an answer; it stands beside each attribution.
 *
 * 1: rows by hand, ranked by matches minus contradictions. 2: the rows as data, ranked by the sum of terms.
 */
export const causesVersion = 2;

/**
 * A check that a change fits weighs nothing by itself: the change's own terms say how well it fits.
 *
 * The lookup table, in the form in which users add rows. Rows and patterns: the article's six; checks: diagnosis.md A3.4 (d).
 */
export const causeTable: readonly CauseRow[] = [
  {
    cause: "provider_model_drift",
    material: "models",
    pattern: "confidence drops and the execution fingerprint shifts, no deploy on your side",
    needs_onset: true,
    changes: ["model", "provider"],
    checks: [
      {
        id: "model_call",
        asks: "it began at a model call",
        role: "needed",
        check: "began_at",
        step: "llm",
      },
      {
        id: "model_behavior",
        asks: "the model behaves in another way: what it asks for, in which order, with which arguments",
        role: "needed",
        check: "model_behavior",
      },
      {
        id: "no_own_change",
        asks: "no prompt, tool or index of yours changed at the onset",
        role: "veto",
        check: "no_better_change",
        kinds: [...ownChanges],
        than: ["model", "provider"],
      },
      {
        id: "model_changed",
        asks: "the model, its build or the provider changed at the onset",
        role: "ranks",
        check: "model_changed",
        weight: 0,
      },
      {
        id: "confidence_fell",
        asks: "confidence fell",
        role: "ranks",
        check: "confidence",
        is: "fell",
      },
      {
        id: "every_task",
        asks: "it is not confined to one new kind of task",
        role: "veto",
        check: "every_task",
      },
      {
        id: "elsewhere",
        asks: "other workflows moved at the same time",
        role: "ranks",
        check: "elsewhere",
      },
    ],
    first_step:
      "Check the provider's changelog and the models that answered against the time of the first failure.",
  },
  {
    cause: "prompt_regression",
    material: "texts",
    pattern: "grounded drops and downstream_ok falls, the prompt changed",
    needs_onset: true,
    changes: ["prompt"],
    checks: [
      {
        id: "prompt_changed",
        asks: "a prompt changed at the onset",
        role: "needed",
        check: "change_fits",
        weight: 0,
        kinds: ["prompt"],
      },
      {
        id: "model_call",
        asks: "it began at a model call",
        role: "needed",
        check: "began_at",
        step: "llm",
      },
      {
        id: "every_task",
        asks: "it is not confined to one new kind of task",
        role: "veto",
        check: "every_task",
      },
      {
        id: "signals",
        asks: "grounded or downstream_ok fails",
        role: "needed",
        check: "fails_by",
        signals: ["grounded", "downstream_ok"],
      },
      {
        id: "model_unchanged",
        asks: "no change of the model fits better",
        role: "ranks",
        check: "no_better_change",
        kinds: ["model", "provider"],
        than: ["prompt"],
      },
      {
        id: "confidence_stable",
        asks: "confidence did not fall",
        role: "ranks",
        check: "confidence",
        is: "stable",
      },
    ],
    first_step: "Compare system text and tool definitions with those of the last clean run.",
  },
  {
    cause: "retrieval_drift",
    material: "queries",
    pattern: "grounded drops, confidence stable, fallback flat",
    needs_onset: true,
    changes: ["index"],
    checks: [
      {
        id: "retrieval",
        asks: "it began at a retrieval that found nothing, or worse than before",
        role: "needed",
        check: "retrieval_worse",
      },
      {
        id: "grounded",
        asks: "grounded fails",
        role: "ranks",
        check: "fails_by",
        signals: ["grounded"],
      },
      {
        id: "fallback_flat",
        asks: "no fallback was taken",
        role: "ranks",
        check: "no_fallback",
      },
      {
        id: "confidence_stable",
        asks: "confidence did not fall",
        role: "ranks",
        check: "confidence",
        is: "stable",
      },
      {
        id: "index_changed",
        asks: "an index changed at the onset",
        role: "ranks",
        check: "change_fits",
        weight: 0,
        kinds: ["index"],
      },
      {
        id: "prompt_unchanged",
        asks: "no change of prompt or model fits better",
        role: "ranks",
        check: "no_better_change",
        kinds: ["prompt", "model"],
        than: ["index"],
      },
    ],
    first_step: "Look at what changed in the index, and run these queries again.",
  },
  {
    cause: "tool_schema_change",
    material: "shapes",
    pattern: "fallback spikes and downstream_ok fails, no prompt change",
    needs_onset: true,
    changes: ["response_schema", "tool_schema"],
    checks: [
      {
        id: "shape",
        asks: "a tool answers in another shape than in clean runs, or its definition changed",
        role: "needed",
        check: "tool_changed",
      },
      {
        id: "shape_since",
        asks: "the other shape came at the onset",
        role: "ranks",
        check: "change_fits",
        weight: 0,
        kinds: ["response_schema", "tool_schema"],
      },
      {
        id: "signals",
        asks: "downstream_ok or fallback fails",
        role: "ranks",
        check: "fails_by",
        signals: ["downstream_ok", "fallback"],
      },
      {
        id: "prompt_unchanged",
        asks: "no change of prompt or model fits better",
        role: "ranks",
        check: "no_better_change",
        kinds: ["prompt", "model"],
        than: ["response_schema", "tool_schema"],
      },
      {
        id: "confidence_stable",
        asks: "confidence did not fall",
        role: "ranks",
        check: "confidence",
        is: "stable",
      },
    ],
    first_step: "Compare the shape of the tool's results with that of the clean window.",
  },
  {
    cause: "capability_boundary",
    material: "tasks",
    pattern: "confidence collapses on one task type only",
    needs_onset: false,
    changes: [],
    checks: [
      {
        id: "one_task",
        asks: "it stands in one kind of task",
        role: "needed",
        check: "one_task",
      },
      {
        id: "model_call",
        asks: "it began at a model call",
        role: "needed",
        check: "began_at",
        step: "llm",
      },
      {
        id: "confidence_fell",
        asks: "confidence is lower there",
        role: "ranks",
        check: "confidence",
        is: "fell",
      },
      {
        id: "new_task",
        asks: "the kind of task is new or rare in the clean window",
        role: "ranks",
        check: "new_task",
      },
      {
        id: "no_change",
        asks: "no change of prompt, model or tool fits the onset",
        role: "ranks",
        check: "nothing_changed",
      },
    ],
    first_step:
      "Ask whether this kind of task was ever meant to be covered; say in the prompt what to do with it.",
  },
  {
    cause: "inter_agent_misalignment",
    material: "border",
    pattern: "a downstream agent fails while the one before it shows no failure of its own",
    needs_onset: true,
    changes: ["deploy", "config", "prompt"],
    checks: [
      {
        id: "border",
        asks: "it began where one agent hands over to another",
        role: "needed",
        check: "at_border",
      },
      {
        id: "several_agents",
        asks: "several agents take part",
        role: "needed",
        check: "several_agents",
      },
      {
        id: "signals",
        asks: "grounded or downstream_ok of the later agent fails",
        role: "ranks",
        check: "fails_by",
        signals: ["grounded", "downstream_ok"],
      },
      {
        id: "upstream_flat",
        asks: "nothing deviates before the hand-over",
        role: "ranks",
        check: "upstream_flat",
      },
      {
        id: "model_unchanged",
        asks: "no change of the model fits better",
        role: "ranks",
        check: "no_better_change",
        kinds: ["model", "provider"],
        than: ["deploy", "config", "prompt"],
      },
    ],
    first_step: "Hold what was handed over against what the receiving agent used to get.",
  },
].map((row) => CauseRow.parse(row));
