/** The numbers of taking in, keeping, settling, answering and passing on: limits of the service, which decide nothing about a run. */
export const servicePolicy = {
  settleQuietMs: { value: 750, unit: "ms", source: "architecture.md 3.2: root ended and quiet" },
  settleIdleMs: { value: 600_000, unit: "ms", source: "architecture.md 3.2: no root" },
  openTraceBytes: { value: 128 * 1024 * 1024, unit: "bytes", source: "engine.md 5.2: RSS ≤ 1 GB" },
  openTraceFileBytes: {
    value: 4 * 1024 * 1024 * 1024,
    unit: "bytes",
    source: "a minute of 10,000 model calls a second, where settling is behind",
  },
  bodyLimitBytes: { value: 64 * 1024 * 1024, unit: "bytes", source: "field.md: refuse loudly" },
  attributeLimitBytes: {
    value: 1024 * 1024,
    unit: "bytes",
    source: "product.md: one attribute over 1 MiB is cut",
  },
  bodyRecordsMax: {
    value: 1_000_000,
    unit: "spans or log records",
    source: "64 MiB of real spans hold under 130,000; more is an attack on memory",
  },
  bodyObjectsMax: {
    value: 8_000_000,
    unit: "JSON objects and lists",
    source: "about 0.5 GB once parsed; 64 MiB of real OTLP/JSON hold about 2 million",
  },
  recordFieldsMax: {
    value: 1_000_000,
    unit: "fields",
    source: "one record with 300 embeddings of 1,536 numbers still passes",
  },
  nestingLimit: {
    value: 64,
    unit: "levels of one attribute value",
    source: "protobuf's own readers stop at 100 messages; a level of a map takes two to three",
  },
  textNestingLimit: {
    value: 200,
    unit: "levels of JSON in one text",
    source:
      "three times nestingLimit; every reader below descends it on the stack, and JSON of tools nests under 30",
  },
  engineMemoryBytes: {
    value: 800_000_000,
    unit: "bytes",
    source: "engine.md 5.3: RSS ≤ 1 GB at 10,000 spans a second",
  },
  engineCacheBytes: {
    value: 64_000_000,
    unit: "bytes",
    source: "engine.md 1.2: ClickHouse's own default of 5 GB each is for servers of its own",
  },
  queryTimeoutMs: {
    value: 30_000,
    unit: "ms",
    source: "engine.md 1.2: a query without a limit holds up the exit of the process",
  },
  healthTimeoutMs: {
    value: 5_000,
    unit: "ms",
    source:
      "engine.md 5.1: queryable 3.3 s after the last ack at most, saturated; beyond it something is wrong",
  },
  segmentRows: { value: 20_000, unit: "rows", source: "engine.md 1.3: 5 to 20 thousand a part" },
  segmentMs: { value: 500, unit: "ms", source: "engine.md 1.3: 0.5 to 1 s a part" },
  settleJobTraces: {
    value: 25,
    unit: "traces",
    source: "read in the settling thread and stored at once: a fifth of a second of work",
  },
  settleYoungMegabytes: {
    value: 64,
    unit: "MiB",
    source: "as the young space of the process: what is read dies young",
  },
  confirmEveryMs: {
    value: 1000,
    unit: "ms",
    source:
      "a look at the parts of all tables takes 5 ms of processor time; segments are kept until then",
  },
  confirmIdleTimes: {
    value: 10,
    unit: "times confirmEveryMs",
    source: "a sixth of the minute for which the engine keeps what it has merged",
  },
  insertRetryMs: { value: 2_000, unit: "ms", source: "what an exporter waits before it retries" },
  unsettledLookbackMs: {
    value: 86_400_000,
    unit: "ms",
    source:
      "a day of what was received last: far longer than settleIdleMs; older traces had their chance",
  },
  traceReadMost: {
    value: 200,
    unit: "traces",
    source: "one read of spans of 8 kB stays under about 50 MB",
  },
  readStaleMs: {
    value: 250,
    unit: "ms",
    source: "a span is queryable half a second after its ack",
  },
  readFreshBytes: {
    value: 1024 * 1024,
    unit: "bytes",
    source: "what waits where little comes in: then a question sees everything at once",
  },
  diskCheckMs: { value: 500, unit: "ms", source: "a full disk at 100 MB/s is seen 50 MB before" },
  diskKeptFreeBytes: {
    value: 512 * 1024 * 1024,
    unit: "bytes",
    source: "pendingOwnLimitBytes, inserted, and merges of recent parts",
  },
  diskKeptFreeShare: { value: 0.05, unit: "share of the disk", source: "where a disk is small" },
  pendingOwnLimitBytes: {
    value: 320 * 1024 * 1024,
    unit: "bytes",
    source: "pendingLimitBytes, and room for the runs of what was accepted within it",
  },
  pendingLimitBytes: { value: 256 * 1024 * 1024, unit: "bytes", source: "engine.md 5.2" },
  unreadMessageBytes: {
    value: 1024 * 1024,
    unit: "bytes",
    source:
      "set aside for a gRPC message that is being read: exporters' batches of 512 spans are below",
  },
  grpcCallsMost: {
    value: 100,
    unit: "calls at once of one connection",
    source: "RFC 9113, 6.5.2: no fewer are recommended; a client holds the next one back by itself",
  },
  unmappedNamesMost: {
    value: 200,
    unit: "attribute names",
    source:
      "counted one by one, the rest together: a sender that makes up names must fill neither memory nor /metrics",
  },
  measuredWorkflowsMost: {
    value: 100,
    unit: "workflows by environment",
    source: "as metrics of their own, the rest together: about 40 series each",
  },
  metricsPushEveryMs: {
    value: 60_000,
    unit: "ms",
    source: "OpenTelemetry's OTEL_METRIC_EXPORT_INTERVAL",
  },
  metricsPushTimeoutMs: {
    value: 10_000,
    unit: "ms",
    source: "OpenTelemetry's OTEL_EXPORTER_OTLP_TIMEOUT",
  },
  metricsPushRetryMs: {
    value: 1_000,
    unit: "ms",
    source: "once; the next push carries the totals anyway",
  },
  metricsLastPushMs: {
    value: 2_000,
    unit: "ms",
    source: "an address that does not answer must not hold up the end",
  },
  sqlTextLimit: {
    value: 65_536,
    unit: "characters",
    source: "longer than any query a person writes",
  },
  sqlDepthLimit: {
    value: 60,
    unit: "levels",
    source: "far below the engine's own 1,000 and our stack",
  },
  sqlListLimit: { value: 1_000, unit: "items", source: "ids of a page of runs, pasted" },
  sqlRowLimit: { value: 10_000, unit: "rows", source: "product.md: a row and a time limit" },
  sqlTimeLimitMs: { value: 10_000, unit: "ms", source: "product.md: a row and a time limit" },
  sqlMemoryBytes: {
    value: 256 * 1024 * 1024,
    unit: "bytes",
    source: "two questions at once leave the engine room for what arrives",
  },
  sqlNumbersLimit: { value: 1_000_000, unit: "rows", source: "calendars and ranges, not load" },
  jsonBodyLimitBytes: { value: 4 * 1024 * 1024, unit: "bytes", source: "a ledger of changes" },
  settleTickMs: {
    value: 250,
    unit: "ms",
    source: "a run stands within two seconds of its root's end, also while much comes",
  },
  settleBatchTraces: {
    value: 200,
    unit: "traces",
    source: "one write of runs; the bodies of these are kept until it is done",
  },
  diagnoseEveryMs: { value: 5_000, unit: "ms", source: "while new runs arrive" },
  diagnoseRunsMost: {
    value: 200_000,
    unit: "runs",
    source: "npm run bench:diagnose: 0.7 kB of memory each, 7 kB where a run failed",
  },
  wholeRunsMost: {
    value: 10_000,
    unit: "runs",
    source:
      "before a window is frozen digests are kept whole, 10 kB each; beyond, they are read again once it is",
  },
  acceptedRunsMost: {
    value: 50_000,
    unit: "runs",
    source: "of a workflow with an accepted baseline, kept whole: 10 kB of memory each",
  },
  breatheEveryMs: {
    value: 10,
    unit: "ms",
    source: "a request waits for it at most, and for the slice that is being worked on",
  },
  joinedTracesLimit: { value: 50, unit: "traces", source: "one run; a hub of links is none" },
  importBatchBytes: {
    value: 4 * 1024 * 1024,
    unit: "bytes of records",
    source: "bodyLimitBytes / 16: an interrupt waits for one batch",
  },
  importBatchRecords: {
    value: 2_000,
    unit: "spans or log records",
    source: "four times an SDK's batch of 512; at 10,000 spans a second one takes 0.2 s",
  },
  importLines: {
    value: 500,
    unit: "JSON lines",
    source: "converted at once; lines hold 1 to 100 KB",
  },
  importPageSize: {
    value: 100,
    unit: "records a page",
    source: "the most that Langfuse's and LangSmith's APIs give",
  },
  importRetries: {
    value: 8,
    unit: "attempts after the first",
    source: "with importRetryFirstMs doubled each time: about two minutes",
  },
  importRetryFirstMs: { value: 500, unit: "ms", source: "doubled with each attempt" },
  importRetryMaxMs: {
    value: 120_000,
    unit: "ms",
    source:
      "rate limits of hosted APIs are counted by the minute; a longer Retry-After is an error",
  },
  importRequestTimeoutMs: {
    value: 60_000,
    unit: "ms",
    source: "the hosted APIs cut requests after 30 to 60 s themselves",
  },
  exportBatchCases: {
    value: 100,
    unit: "cases a request",
    source: "the most ids that LangSmith's list of examples answers; a case is about 5 kB",
  },
  exportRateRepeats: {
    value: 5,
    unit: "repetitions",
    source: "evals.md 2.3: a healthy case stops its sequential test after 5 passes",
  },
  forwardQueueBytes: {
    value: 1024 * 1024 * 1024,
    unit: "bytes",
    source: "one endpoint's queue on disk: five hours of ten spans of 6 kB a second",
  },
  forwardSegmentBytes: {
    value: 16 * 1024 * 1024,
    unit: "bytes",
    source: "what is dropped at once when a queue is full: a sixty-fourth of it",
  },
  forwardBatchBytes: {
    value: 4 * 1024 * 1024,
    unit: "bytes",
    source: "of one request before gzip; where a receiver finds it too large it is halved",
  },
  forwardEntryBytes: {
    value: 256 * 1024,
    unit: "bytes",
    source: "what a request shrinks to where a receiver finds it too large; a larger span is alone",
  },
  forwardTimeoutMs: { value: 30_000, unit: "ms", source: "for one request, answer included" },
  forwardRetryFirstMs: { value: 1_000, unit: "ms", source: "doubled at every failure" },
  forwardRetryMostMs: {
    value: 60_000,
    unit: "ms",
    source: "an endpoint that is up again gets spans within a minute",
  },
  forwardRetryAfterMostMs: {
    value: 3_600_000,
    unit: "ms",
    source: "a Retry-After beyond an hour is a mistake more often than a wish",
  },
  forwardSyncMs: {
    value: 1_000,
    unit: "ms",
    source: "what a power cut may take from a queue; the spans stay in the store",
  },
  forwardCloseMs: { value: 3_000, unit: "ms", source: "for a request under way at the end" },
  forwardRemembered: {
    value: 524_288,
    unit: "records",
    source: "the last so many, at least, are not forwarded again: 16 MiB of memory",
  },
  forwardReasonMost: { value: 300, unit: "characters", source: "as ReadingEvidence.text" },
  forwardListMost: { value: 20, unit: "values", source: "conventions.md 3.3: lists on a span" },
} as const;
