-- Spans and log records as received. One row a span however often it is sent: of two versions the one that ends later stays.
-- `received` is in microseconds since 1970 and grows with every write, so that it also says what came after what.
CREATE TABLE IF NOT EXISTS {{own stored_spans}} (
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  parent_span_id String CODEC(ZSTD(1)),
  name LowCardinality(String),
  kind LowCardinality(String),
  start_nanos UInt64 CODEC(Delta, ZSTD(1)),
  end_nanos UInt64 CODEC(Delta, ZSTD(1)),
  status_code LowCardinality(String),
  status_message String CODEC(ZSTD(1)),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attribute_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
  events String CODEC(ZSTD(1)),
  links String CODEC(ZSTD(1)),
  resource Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  received UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = {{replacing end_nanos}}
-- By when it was received, not by the sender's clock: hostile times would make a partition each.
PARTITION BY toYYYYMM(toDateTime(intDiv(received, 1000000), 'UTC'))
ORDER BY (trace_id, span_id)
SETTINGS index_granularity = 1024, index_granularity_bytes = 1048576, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_spans by trace_id}};

CREATE TABLE IF NOT EXISTS {{own stored_logs}} (
  trace_id String CODEC(ZSTD(1)),
  record_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  time_nanos UInt64 CODEC(Delta, ZSTD(1)),
  severity LowCardinality(String),
  event_name LowCardinality(String),
  body String CODEC(ZSTD(1)),
  body_type LowCardinality(String),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attribute_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
  resource Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  received UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = {{replacing received}}
PARTITION BY toYYYYMM(toDateTime(intDiv(received, 1000000), 'UTC'))
ORDER BY (trace_id, record_id)
SETTINGS index_granularity = 1024, index_granularity_bytes = 1048576, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_logs by trace_id}};
