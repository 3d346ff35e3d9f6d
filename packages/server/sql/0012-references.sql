-- Which runs are a workflow's baseline, in an environment: frozen once.
CREATE TABLE IF NOT EXISTS {{own stored_references}} (
  workflow String,
  environment String,
  id String,
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY (workflow, environment)
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_references by workflow}};
