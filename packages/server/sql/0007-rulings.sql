-- What people said about the origins of runs: kept for good, one row a ruling.
CREATE TABLE IF NOT EXISTS {{own stored_rulings}} (
  id String,
  run_id String,
  at_ms Int64,
  workflow LowCardinality(String),
  environment LowCardinality(String),
  ruling LowCardinality(String),
  span_id String,
  step String,
  author String,
  note String CODEC(ZSTD(3)),
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_rulings by id}};

CREATE OR REPLACE VIEW rulings AS
SELECT
  id,
  run_id,
  fromUnixTimestamp64Milli(at_ms, 'UTC') AS at,
  workflow,
  environment,
  ruling,
  span_id,
  step,
  author,
  note
FROM stored_rulings FINAL;
