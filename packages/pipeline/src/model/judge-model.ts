/** A model that judges outputs. It is shown what anybody may have written, and its answer is a text that is believed in nothing. */
export interface JudgeModel {
  /**
   * Asks once.
   *
   * @param question  temperature null: none is sent
   * @returns the answer, or why there is none (not reached, too slow, refused, cut): never with a key in it
   */
  ask(question: {
    readonly model: string;
    readonly system: string;
    readonly user: string;
    readonly maxOutputTokens: number;
    readonly temperature: number | null;
  }): Promise<
    { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string }
  >;
}
