import { statfs } from "node:fs/promises";
import { PortError } from "@rootward/pipeline/errors";
import { policy } from "@rootward/pipeline/model/policy";

/** Says whether a folder's disk has room for more than what is on its way already, as it was when last looked at. */
export type RoomCheck = () => void;

interface Disk {
  readonly bavail: number;
  readonly blocks: number;
  readonly bsize: number;
}

/**
 * A disk must not be filled to its last byte: the engine merges what it has beside what it gets, and a merge that finds no room can
 * leave a part that cannot be read. So spans are refused while some room is left, which is for what was taken already. Looked at
 * twice a second at most, beside what is asked: a disk that cannot be looked at is taken to have room, and says itself when it has not.
 *
 * @throws PortError store_full, retryable, by what is given
 */
export function roomOn(
  folder: string,
  look: (folder: string) => Promise<Disk> = statfs,
): RoomCheck {
  let lookedMs = Number.NEGATIVE_INFINITY;
  let problem: string | null = null;
  return () => {
    const nowMs = performance.now();
    if (nowMs - lookedMs >= policy("diskCheckMs")) {
      lookedMs = nowMs;
      look(folder).then(
        (disk) => (problem = problemOf(folder, disk)),
        () => (problem = null),
      );
    }
    if (problem !== null) throw new PortError("store_full", problem, { retryable: true });
  };
}

function problemOf(folder: string, { bavail, blocks, bsize }: Disk): string | null {
  const free = bavail * bsize;
  const kept = Math.min(policy("diskKeptFreeBytes"), blocks * bsize * policy("diskKeptFreeShare"));
  if (free >= kept) return null;
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 1e6)} MB`;
  return `no room is left for the data directory: ${megabytes(free)} are free on the disk of ${folder}, and ${megabytes(kept)} are kept for what was taken already`;
}
