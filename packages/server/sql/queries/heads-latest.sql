SELECT
  id, started_ms, version, ended_ms, trace_ids, workflow, environment, failed, input_text,
  grounded, grounded_method, grounded_source, grounded_absent,
  fallback, fallback_method, fallback_source, fallback_absent,
  confidence, confidence_method, confidence_source, confidence_absent,
  downstream_ok, downstream_ok_method, downstream_ok_source, downstream_ok_absent
FROM stored_heads
WHERE started_ms >= {start:Int64} AND started_ms < {end:Int64}
  AND started_ms <= {fromMs:Int64} AND (started_ms, id) < ({fromMs:Int64}, {fromId:String})
  AND ({anyWorkflow:Bool} OR workflow = {workflow:String})
  AND ({anyEnvironment:Bool} OR environment = {environment:String})
ORDER BY started_ms DESC, id DESC
LIMIT {limit:UInt64}
