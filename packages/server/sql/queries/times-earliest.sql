SELECT started_ms, id
FROM stored_times
WHERE started_ms >= {start:Int64} AND started_ms < {end:Int64}
  AND started_ms >= {fromMs:Int64} AND (started_ms, id) > ({fromMs:Int64}, {fromId:String})
  AND ({anyWorkflow:Bool} OR workflow = {workflow:String})
  AND ({anyEnvironment:Bool} OR environment = {environment:String})
ORDER BY started_ms, id
LIMIT {limit:UInt64}
