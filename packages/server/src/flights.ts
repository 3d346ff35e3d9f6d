/** Bodies on their way from the log, where they are durable, to the open traces, from which they are settled. */
export interface Flights {
  /** A body is about to be written. @returns  to be called when it is among the open traces, or was refused */
  begin(): () => void;
  /**
   * A version for runs that are made of what is open now. It is higher than that of any run before, else a run would not replace
   * itself; and where this leaves room, no record that is still on its way has one as low: after a crash, what is in no run is known
   * by its higher version.
   */
  mark(): bigint;
}

interface Versions {
  /** The store's clock: it grows with every call, and gives records their versions. */
  readonly nextVersion: () => bigint;
  /** The highest version under which runs were written by somebody else since the start. */
  readonly runsVersion: () => bigint;
}

export function newFlights({ nextVersion, runsVersion }: Versions): Flights {
  /** For each body a version that is lower than its records'. In the order in which they began. */
  const begun = new Set<{ readonly version: bigint }>();
  let last = 0n;
  return {
    begin() {
      const flight = { version: nextVersion() };
      begun.add(flight);
      return () => void begun.delete(flight);
    },
    mark() {
      const [oldest] = begun;
      const version = oldest?.version ?? nextVersion();
      const before = runsVersion() > last ? runsVersion() : last;
      last = version > before ? version : before + 1n;
      return last;
    },
  };
}
