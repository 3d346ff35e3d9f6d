SELECT digest
FROM stored_runs FINAL
WHERE replaced_by = '' AND hasAny(trace_ids, {ids:Array(String)})
