/** Signals as the candidate's answer tells them: believed where nothing else shows them. */
export interface ToldSignals {
  readonly grounded?: number;
  readonly fallback?: boolean;
  readonly confidence?: number;
  readonly downstream_ok?: boolean;
}

/** What a candidate says of one trial. */
export interface CandidateAnswer {
  readonly output: unknown;
  readonly citations?: readonly string[];
  readonly retrieved?: readonly string[];
  /** Its tool calls, each `{name, arguments, result}`: believed where neither spans nor the replay show any. */
  readonly tool_calls?: readonly unknown[];
  readonly signals?: ToldSignals;
  readonly usage?: { readonly usd?: number; readonly tokens?: number };
}

/** A tool call as the replay answered it. */
export interface ReplayedCall {
  readonly tool: string;
  readonly args: unknown;
  /** `live`: the real tool answered. */
  readonly match: "exact" | "args" | "sequence" | "miss" | "live";
}
