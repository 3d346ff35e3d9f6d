SELECT
  (SELECT count() FROM stored_spans FINAL) AS spans,
  (SELECT count() FROM stored_logs FINAL) AS logs,
  (SELECT count() FROM stored_runs FINAL WHERE replaced_by = '') AS runs
