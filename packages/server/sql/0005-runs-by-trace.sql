-- Which runs were made of a trace: asked for a hundred traces at once, so a granule without any of them must nearly always say so.
ALTER TABLE {{own stored_runs}} ADD INDEX IF NOT EXISTS runs_by_trace trace_ids TYPE bloom_filter(0.0001) GRANULARITY 1;

ALTER TABLE {{own stored_runs}} MATERIALIZE INDEX runs_by_trace;
