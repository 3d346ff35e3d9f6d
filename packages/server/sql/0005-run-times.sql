-- What lists show of a run, without its digest. Until the column is written to old parts it is read from there.
ALTER TABLE stored_runs ADD COLUMN IF NOT EXISTS input_text String
  DEFAULT substringUTF8(JSONExtractString(digest, 'inputText'), 1, 200) CODEC(ZSTD(3));

ALTER TABLE stored_runs MATERIALIZE COLUMN input_text;

-- Runs by time: where a page of the latest, or the earliest, begins. A row may be of an older version of its run, which began
-- at another time; who reads it looks the run up in stored_runs.
CREATE TABLE IF NOT EXISTS stored_times (
  started_ms Int64 CODEC(Delta, ZSTD(1)),
  id String CODEC(ZSTD(1)),
  workflow LowCardinality(String),
  environment LowCardinality(String),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (started_ms, id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;

INSERT INTO stored_times (started_ms, id, workflow, environment, version)
SELECT started_ms, id, workflow, environment, version FROM stored_runs FINAL WHERE replaced_by = '';
