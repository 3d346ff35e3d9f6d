import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A way to a server on which answers can be lost. */
export interface WireCutter {
  readonly port: number;
  /** From now on what is asked arrives and what is answered does not: the connection ends instead. */
  loseAnswers(): void;
  mend(): void;
  /** How many answers were lost. */
  readonly lost: number;
  close(): Promise<void>;
}

export async function wireCutter(to: number): Promise<WireCutter> {
  const sockets = new Set<Socket>();
  let losing = false;
  let lost = 0;
  const server = createServer((asking) => {
    const answering = connect(to, "127.0.0.1");
    for (const socket of [asking, answering]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => undefined);
    }
    asking.pipe(answering);
    answering.on("data", (chunk) => {
      if (!losing) {
        asking.write(chunk);
        return;
      }
      lost += 1;
      asking.destroy();
      answering.destroy();
    });
    answering.on("close", () => asking.destroy());
    asking.on("close", () => answering.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    loseAnswers: () => {
      losing = true;
    },
    mend: () => {
      losing = false;
    },
    get lost() {
      return lost;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
