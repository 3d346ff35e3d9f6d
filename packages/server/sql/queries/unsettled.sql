SELECT arrived.trace_id
FROM (
  SELECT trace_id, max(received) AS last, min(received) AS first
  FROM stored_spans
  WHERE received + {lookback:UInt64} >= (SELECT max(received) FROM stored_spans)
  GROUP BY trace_id
) AS arrived
LEFT JOIN (
  SELECT arrayJoin(trace_ids) AS trace_id, max(version) AS settled
  FROM stored_runs FINAL
  WHERE replaced_by = ''
  GROUP BY trace_id
) AS known ON arrived.trace_id = known.trace_id
WHERE arrived.last > known.settled
ORDER BY arrived.first, arrived.trace_id
