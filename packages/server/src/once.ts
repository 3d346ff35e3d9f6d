export interface Once {
  /** Resolves when it is done. @throws what the work throws */
  done(): Promise<void>;
  /** Resolves when it is not being done, however it ended. */
  rest(): Promise<void>;
}

/** Work that is done once, by whoever asks first; tried again by the next one where it failed. */
export function once(work: () => Promise<void>): Once {
  let doing: Promise<void> | null = null;
  return {
    done: async () => {
      doing ??= work().catch((error: unknown) => {
        doing = null;
        throw error;
      });
      await doing;
    },
    rest: async () => await doing?.catch(() => undefined),
  };
}
