SELECT id, digest
FROM stored_runs FINAL
WHERE id IN {ids:Array(String)}
