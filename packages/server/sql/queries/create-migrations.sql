CREATE TABLE IF NOT EXISTS migrations (
  number UInt64,
  name String,
  written_by String
) ENGINE = MergeTree
ORDER BY number
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60
