-- What repositories told of their cases and closures: the latest word on each stands.
CREATE TABLE IF NOT EXISTS {{own stored_cases}} (
  key String,
  source LowCardinality(String),
  id String,
  cluster String,
  status LowCardinality(String),
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY key
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_cases by key}};
CREATE TABLE IF NOT EXISTS {{own stored_closures}} (
  key String,
  source LowCardinality(String),
  id String,
  cluster String,
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY key
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_closures by key}};
-- Results of gates. `head` is a result without its trials, for lists.
CREATE TABLE IF NOT EXISTS {{own stored_gate_results}} (
  id String,
  at_ms Int64,
  source LowCardinality(String),
  commit String,
  outcome LowCardinality(String),
  head String CODEC(ZSTD(3)),
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_gate_results by id}};
