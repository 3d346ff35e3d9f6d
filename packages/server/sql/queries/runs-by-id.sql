SELECT id, started_ms, digest
FROM stored_runs FINAL
WHERE replaced_by = '' AND id IN {ids:Array(String)}
