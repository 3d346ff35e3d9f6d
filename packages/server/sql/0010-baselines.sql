-- Baselines that a person accepted, for ever: the later word for the same workflow, environment and time replaces the earlier.
CREATE TABLE IF NOT EXISTS {{own stored_baselines}} (
  id String,
  workflow String,
  environment String,
  from_ms Int64,
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_baselines by id}};
