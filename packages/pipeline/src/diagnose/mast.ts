import type { FailureMode } from "../model/cluster.ts";
import type { Deviation } from "../model/deviation.ts";
import { policy } from "../model/policy.ts";
import type { Member } from "./facts.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  /** Whether the table calls the detection good: then it is asserted where most members show it. */
  readonly good: boolean;
  readonly shows: (deviation: Deviation, member: Member) => boolean;
}

function anyOf(...names: readonly string[]): Row["shows"] {
  return ({ name, kind }) => names.includes(name) || names.includes(kind);
}

/**
 * Which of the fourteen failure modes of MAST our deviations speak for. Modes that are judgements about meaning (1.2, 2.1, 2.5, 2.6, 3.3)
 * have no row: nothing that we see of a run speaks for them.
 *
 * @source diagnosis.md A1.3; Cemri et al., Why Do Multi-Agent LLM Systems Fail?, 2025
 */
const rows: readonly Row[] = [
  { id: "1.1", name: "Disobey task specification", good: true, shows: anyOf("contract") },
  { id: "1.1", name: "Disobey task specification", good: false, shows: anyOf("output_mismatch") },
  { id: "1.3", name: "Step repetition", good: true, shows: anyOf("loop", "repeated") },
  { id: "1.4", name: "Loss of conversation history", good: false, shows: anyOf("context_cut") },
  {
    id: "1.5",
    name: "Unaware of termination conditions",
    good: true,
    shows: anyOf("truncated", "exhausted"),
  },
  {
    id: "2.2",
    name: "Fail to ask for clarification",
    good: false,
    shows: anyOf("args_ungrounded"),
  },
  {
    id: "2.3",
    name: "Task derailment",
    good: false,
    shows: anyOf("order_never", "missing_step:replaced", "handoff_target"),
  },
  {
    id: "2.4",
    name: "Information withholding",
    good: false,
    shows: (deviation) =>
      deviation.kind === "handoff_dropped" ||
      (deviation.kind === "handoff_schema" && deviation.seen.startsWith("-")),
  },
  {
    id: "3.1",
    name: "Premature termination",
    good: true,
    // Good only where the consumer's contract is not met.
    shows: ({ name }, { entry }) =>
      name === "missing_step:ended" && entry.run.failed.includes("downstream_ok"),
  },
  {
    id: "3.2",
    name: "No or incomplete verification",
    good: false,
    shows: ({ name }) => name === "missing_step",
  },
];

/**
 * The modes that members show, asserted where the detection is good and common to them, else hints, with how many show them. Only what
 * stands for a run counts: what follows from it is no mode of its own.
 */
export function modesOf(members: readonly Member[]): readonly FailureMode[] {
  const found = rows.flatMap((row): readonly FailureMode[] => {
    const shown = members.flatMap((member) => {
      const { primary } = member;
      return primary && row.shows(primary, member) ? [primary] : [];
    });
    const share = shown.length / Math.max(1, members.length);
    const [first] = shown;
    if (!first || share < policy("modeHintShare")) return [];
    const certainty = row.good && share >= policy("commonShare") ? "asserted" : "hint";
    const evidence = `${first.name} at ${first.component}: ${first.seen}`;
    const count = { count: shown.length, of: members.length };
    return [{ id: row.id, name: row.name, certainty, members: count, evidence }];
  });
  return found.filter(
    (mode) =>
      !found.some((other) => other !== mode && other.id === mode.id && isSurer(other, mode)),
  );
}

/** Of two rows of one mode, the one that says more. */
function isSurer(a: FailureMode, b: FailureMode): boolean {
  if (a.certainty !== b.certainty) return a.certainty === "asserted";
  return a.members.count > b.members.count;
}
