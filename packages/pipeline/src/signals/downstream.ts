import type { Reading } from "../model/signal.ts";
import { absent, declaredFlag, measured } from "./reading.ts";

export interface DownstreamInput {
  readonly declared: unknown;
  readonly declaredAt: string | null;
  readonly applies: boolean;
  /** What the consumer itself reported about the output; null where it reports nothing. */
  readonly consumer: {
    readonly accepted: boolean;
    readonly spanId: string;
    readonly text: string;
  } | null;
  /** Set where the run ended in an error or, complete, without an output that could have been seen. */
  readonly noOutput: { readonly spanId: string | null; readonly text: string } | null;
  /** Violations of the declared contract; null where none is declared or the output is not visible. */
  readonly violations: readonly string[] | null;
  readonly outputAt: string | null;
  readonly outputVisible: boolean;
}

/**
 * Whether the consumer's contract holds for the output: as declared or reported by the consumer; false without an output; by the
 * declared contract; else absent, until the shapes of clean runs are known (`diagnose/reread.ts`).
 *
 * @source conventions.md 3.3
 */
export function downstreamOk(input: DownstreamInput): Reading<boolean> {
  const declared = declaredFlag(input.declared);
  if (declared !== null) {
    return measured(
      declared,
      "declared",
      [
        {
          spanId: input.declaredAt,
          path: "attr:agent.behavioral.downstream_ok",
          text: String(input.declared),
        },
      ],
      "application",
    );
  }
  if (!input.applies) return absent("not_applicable");
  if (input.consumer !== null) {
    const { accepted, spanId, text } = input.consumer;
    return measured(accepted, "declared", [{ spanId, path: "output", text }], "application");
  }
  if (input.noOutput !== null) {
    return measured(false, "no_output", [
      { spanId: input.noOutput.spanId, path: "output", text: input.noOutput.text },
    ]);
  }
  if (input.violations !== null) {
    const evidence = input.violations.map((text) => ({
      spanId: input.outputAt,
      path: "output",
      text,
    }));
    return measured(input.violations.length === 0, "contract", evidence);
  }
  return absent(input.outputVisible ? "no_contract" : "content_not_recorded");
}
