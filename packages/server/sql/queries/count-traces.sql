SELECT count()
FROM (
  SELECT trace_id
  FROM (
    SELECT trace_id, start_nanos AS at
    FROM stored_spans
    UNION ALL
    SELECT trace_id, time_nanos AS at
    FROM stored_logs
    WHERE trace_id != ''
  )
  WHERE {anyWorkflow:Bool}
    OR trace_id IN (
      SELECT arrayJoin(trace_ids)
      FROM stored_runs FINAL
      WHERE replaced_by = '' AND workflow = {workflow:String}
    )
  GROUP BY trace_id
  HAVING min(at) >= {start:UInt64} AND min(at) < {end:UInt64}
)
