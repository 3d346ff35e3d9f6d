SELECT max(version)
FROM (
  SELECT max(version) AS version FROM stored_runs
  UNION ALL
  SELECT max(version) AS version FROM stored_meta
  UNION ALL
  SELECT max(received) AS version FROM stored_spans
)
