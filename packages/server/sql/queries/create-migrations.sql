CREATE TABLE IF NOT EXISTS migrations (
  number UInt64,
  name String,
  written_by String
) ENGINE = MergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
