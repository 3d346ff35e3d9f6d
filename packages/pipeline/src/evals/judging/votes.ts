import type { Vote } from "./verdict.ts";

/** How votes on one output stand. */
export interface Voted {
  readonly kind: Vote["kind"];
  readonly given: readonly Vote[];
  /** How many votes a majority was of. */
  readonly of: number;
}

/** What more than half of all votes say, as soon as it is certain; `error` as soon as nothing can reach it; null while it is open. */
function settled(given: readonly Vote[], of: number): Vote["kind"] | null {
  const open = of - given.length;
  const count = (kind: Vote["kind"]) => given.filter((vote) => vote.kind === kind).length;
  const [passes, fails] = [count("pass"), count("fail")];
  if (passes > of / 2) return "pass";
  if (fails > of / 2) return "fail";
  return Math.max(passes, fails) + open > of / 2 ? null : "error";
}

/**
 * Asks until more than half of `votes` agree. Votes that err count for neither side, so they never help to pass.
 *
 * @param confirmed  a failure counts only by the majority of this many votes, those that were given among them
 */
export async function voted(
  ask: () => Promise<Vote>,
  votes: number,
  confirmed: number,
): Promise<Voted> {
  const given: Vote[] = [];
  let of = votes;
  for (;;) {
    const kind = settled(given, of);
    if (kind === "fail" && of < confirmed) of = confirmed;
    else if (kind !== null) return { kind, given, of };
    else given.push(await ask());
  }
}
