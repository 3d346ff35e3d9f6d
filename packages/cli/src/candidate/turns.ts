/** A piece of work under way. `beside`: another one was under way at some time during it. */
interface Turn {
  beside: boolean;
}

/** Lets pieces of work go on beside each other, or one by itself: then nothing else begins until it is done. */
export class Turns {
  readonly #underWay = new Set<Turn>();
  #wake: (() => void)[] = [];
  #alone: Promise<void> = Promise.resolve();
  #waitingAlone = 0;

  async together<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    while (this.#waitingAlone > 0) await this.#alone;
    const turn: Turn = { beside: this.#underWay.size > 0 };
    for (const other of this.#underWay) other.beside = true;
    return await this.#during(turn, work);
  }

  async alone<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    this.#waitingAlone += 1;
    const earlier = this.#alone;
    const done = this.#whenIdle(earlier).then(() => this.#during({ beside: false }, work));
    this.#alone = done.then(
      () => void (this.#waitingAlone -= 1),
      () => void (this.#waitingAlone -= 1),
    );
    return await done;
  }

  async #during<T>(turn: Turn, work: (turn: Turn) => Promise<T>): Promise<T> {
    this.#underWay.add(turn);
    try {
      return await work(turn);
    } finally {
      this.#underWay.delete(turn);
      for (const wake of this.#wake.splice(0)) wake();
    }
  }

  async #whenIdle(earlier: Promise<void>): Promise<void> {
    await earlier;
    while (this.#underWay.size > 0) await new Promise<void>((done) => this.#wake.push(done));
  }
}
