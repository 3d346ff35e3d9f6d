-- What people say of runs: annotations, failure modes and batches, one row a saving. `content` is the record as JSON; the columns
-- before it are what SQL reads of annotations.
CREATE TABLE IF NOT EXISTS {{own stored_reviews}} (
  id String,
  at String,
  kind LowCardinality(String),
  run_id String CODEC(ZSTD(1)),
  workflow LowCardinality(String),
  environment LowCardinality(String),
  author String,
  at_ms Int64,
  verdict LowCardinality(String),
  note String CODEC(ZSTD(3)),
  codes Array(String) CODEC(ZSTD(1)),
  failure_mode LowCardinality(String),
  content String CODEC(ZSTD(3)),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY (id, at)
SETTINGS non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_reviews by id}};

-- The newest of each reviewer on each run.
CREATE OR REPLACE VIEW notes AS
SELECT
  id,
  run_id,
  author,
  fromUnixTimestamp64Milli(at_ms, 'UTC') AS at,
  note AS text,
  CAST(arrayElement(codes, 1), 'LowCardinality(String)') AS code,
  workflow,
  environment,
  verdict,
  codes,
  failure_mode
FROM (
  SELECT id, run_id, author, at_ms, note, codes, workflow, environment, verdict, failure_mode
  FROM stored_reviews FINAL
  WHERE kind = 'annotation'
  ORDER BY at_ms DESC, id DESC
  LIMIT 1 BY run_id, author
);
