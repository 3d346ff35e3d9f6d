SELECT trace_ids
FROM stored_runs FINAL
WHERE replaced_by = ''
