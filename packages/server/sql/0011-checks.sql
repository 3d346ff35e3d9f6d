-- What persons found when they ran a check of a cluster's cause: the latest result of each check stands.
CREATE TABLE IF NOT EXISTS {{own stored_checks}} (
  key String,
  cluster LowCardinality(String),
  at_ms Int64,
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY key
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_checks by key}};
