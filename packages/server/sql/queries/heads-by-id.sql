SELECT
  id, started_ms, ended_ms, trace_ids, workflow, environment, failed, input_text,
  grounded, grounded_method, grounded_source, grounded_absent,
  fallback, fallback_method, fallback_source, fallback_absent,
  confidence, confidence_method, confidence_source, confidence_absent,
  downstream_ok, downstream_ok_method, downstream_ok_source, downstream_ok_absent
FROM stored_runs FINAL
WHERE replaced_by = '' AND id IN {ids:Array(String)}
