SELECT trace_id, count()
FROM stored_logs
WHERE trace_id > {after:String}
  AND (
    {anyWorkflow:Bool}
    OR trace_id IN (
      SELECT arrayJoin(trace_ids)
      FROM stored_runs FINAL
      WHERE replaced_by = '' AND workflow = {workflow:String}
    )
  )
GROUP BY trace_id
HAVING min(time_nanos) >= {start:UInt64} AND min(time_nanos) < {end:UInt64}
ORDER BY trace_id
LIMIT {limit:UInt64}
