/** How the server's program is run, by whoever starts it. */
export const serverProcess = {
  /**
   * Room for what lives as long as one request or one run: with V8's own 16 MB half of it grows old before it is let go, and the
   * collections that this takes are what a sender waits for. Source: three pairs at 5,000 model calls a second on two cores, ack
   * p50 364, 749, 512 → 154, 70, 110 ms, p99 2.2, 2.8, 1.5 → 1.1, 1.1, 1.0 s.
   */
  options: ["--min-semi-space-size=16", "--max-semi-space-size=32"],
  /** libuv's pool is sized at its first use and four threads are not enough: queries, gunzip and fdatasync share it. */
  environment: { UV_THREADPOOL_SIZE: "16" },
} as const;
