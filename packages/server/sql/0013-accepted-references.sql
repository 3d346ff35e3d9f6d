-- Which runs are the reference of an accepted baseline: frozen once for each.
CREATE TABLE IF NOT EXISTS {{own stored_accepted_references}} (
  accepted String,
  id String,
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY accepted
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_accepted_references by accepted}};
