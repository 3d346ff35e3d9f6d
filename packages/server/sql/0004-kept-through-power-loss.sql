-- Tables that an earlier layout made without what keeps them through a loss of power.
ALTER TABLE {{own stored_notes}} MODIFY SETTING non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;

ALTER TABLE {{own stored_verdicts}} MODIFY SETTING non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;

ALTER TABLE migrations MODIFY SETTING non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
