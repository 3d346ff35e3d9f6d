-- Runs by time, with what lists show of each. A row may be of an older version of its run, or of one that another has replaced
-- since: it counts where stored_runs holds the same version under its id.
CREATE TABLE IF NOT EXISTS {{own stored_heads}} (
  started_ms Int64 CODEC(Delta, ZSTD(1)),
  id String CODEC(ZSTD(1)),
  workflow LowCardinality(String),
  environment LowCardinality(String),
  ended_ms Int64 CODEC(Delta, ZSTD(1)),
  trace_ids Array(String) CODEC(ZSTD(1)),
  failed Array(LowCardinality(String)),
  input_text String CODEC(ZSTD(3)),
  grounded Nullable(Float64),
  grounded_method LowCardinality(String),
  grounded_source LowCardinality(String),
  grounded_absent LowCardinality(String),
  fallback Nullable(Float64),
  fallback_method LowCardinality(String),
  fallback_source LowCardinality(String),
  fallback_absent LowCardinality(String),
  confidence Nullable(Float64),
  confidence_method LowCardinality(String),
  confidence_source LowCardinality(String),
  confidence_absent LowCardinality(String),
  downstream_ok Nullable(Float64),
  downstream_ok_method LowCardinality(String),
  downstream_ok_source LowCardinality(String),
  downstream_ok_absent LowCardinality(String),
  version UInt64
) ENGINE = {{replacing version}}
ORDER BY (started_ms, id)
SETTINGS index_granularity = 1024, index_granularity_bytes = 1048576, non_replicated_deduplication_window = 1000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 60;
{{spread stored_heads by started_ms}};

INSERT INTO stored_heads (
  started_ms, id, workflow, environment, ended_ms, trace_ids, failed, input_text,
  grounded, grounded_method, grounded_source, grounded_absent,
  fallback, fallback_method, fallback_source, fallback_absent,
  confidence, confidence_method, confidence_source, confidence_absent,
  downstream_ok, downstream_ok_method, downstream_ok_source, downstream_ok_absent,
  version
)
SELECT
  started_ms, id, workflow, environment, ended_ms, trace_ids, failed,
  substringUTF8(JSONExtractString(digest, 'inputText'), 1, 200) AS input_text,
  grounded, grounded_method, grounded_source, grounded_absent,
  fallback, fallback_method, fallback_source, fallback_absent,
  confidence, confidence_method, confidence_source, confidence_absent,
  downstream_ok, downstream_ok_method, downstream_ok_source, downstream_ok_absent,
  version
FROM {{own stored_runs}}
WHERE replaced_by = '';
