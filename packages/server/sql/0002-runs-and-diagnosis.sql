-- One row a run. A run that absorbed another leaves a row under the old id whose `replaced_by` leads to it.
CREATE TABLE IF NOT EXISTS {{own stored_runs}} (
  id String CODEC(ZSTD(1)),
  replaced_by String CODEC(ZSTD(1)),
  trace_ids Array(String) CODEC(ZSTD(1)),
  workflow LowCardinality(String),
  environment LowCardinality(String),
  task_type LowCardinality(String),
  session String CODEC(ZSTD(1)),
  service LowCardinality(String),
  started_ms Int64 CODEC(Delta, ZSTD(1)),
  ended_ms Int64 CODEC(Delta, ZSTD(1)),
  complete UInt8,
  failed Array(LowCardinality(String)),
  error_class LowCardinality(String),
  grounded Nullable(Float64),
  grounded_method LowCardinality(String),
  grounded_source LowCardinality(String),
  grounded_absent LowCardinality(String),
  fallback Nullable(Float64),
  fallback_method LowCardinality(String),
  fallback_source LowCardinality(String),
  fallback_absent LowCardinality(String),
  confidence Nullable(Float64),
  confidence_method LowCardinality(String),
  confidence_source LowCardinality(String),
  confidence_absent LowCardinality(String),
  downstream_ok Nullable(Float64),
  downstream_ok_method LowCardinality(String),
  downstream_ok_source LowCardinality(String),
  downstream_ok_absent LowCardinality(String),
  mapping UInt64,
  digest String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY id
SETTINGS index_granularity = 1024, index_granularity_bytes = 1048576, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_runs by id}};

CREATE TABLE IF NOT EXISTS {{own stored_texts}} (
  hash String,
  text String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY hash
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_texts by hash}};

CREATE TABLE IF NOT EXISTS {{own stored_changes}} (
  id String,
  at_ms Int64,
  kind LowCardinality(String),
  workflow String,
  environment String,
  service String,
  title String,
  before String CODEC(ZSTD(3)),
  after String CODEC(ZSTD(3)),
  origin LowCardinality(String),
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_changes by id}};

-- Clusters and who is in them, of the diagnosis whose number stands under the key `diagnosis` of stored_meta.
CREATE TABLE IF NOT EXISTS {{own stored_clusters}} (
  id String,
  title String,
  workflow LowCardinality(String),
  environment LowCardinality(String),
  state LowCardinality(String),
  size UInt64,
  first_ms Int64,
  last_ms Int64,
  representative String,
  origin_agent String,
  origin_tool String,
  origin_kind LowCardinality(String),
  cause LowCardinality(String),
  verdict LowCardinality(String),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_clusters by id}};

CREATE TABLE IF NOT EXISTS {{own stored_members}} (
  run_id String CODEC(ZSTD(1)),
  cluster LowCardinality(String),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY run_id
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_members by run_id}};

CREATE TABLE IF NOT EXISTS {{own stored_meta}} (
  key String,
  text String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY key
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_meta by key}};

CREATE TABLE IF NOT EXISTS {{own stored_notes}} (
  id String,
  run_id String,
  author String,
  at_ms Int64,
  text String CODEC(ZSTD(3)),
  code LowCardinality(String),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_notes by id}};

CREATE TABLE IF NOT EXISTS {{own stored_verdicts}} (
  id String,
  case_id String,
  at_ms Int64,
  commit String,
  severity LowCardinality(String),
  verdict LowCardinality(String),
  action LowCardinality(String),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_verdicts by id}};
