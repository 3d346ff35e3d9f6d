SELECT started_ms
FROM stored_heads FINAL
WHERE started_ms >= {start:Int64} AND started_ms < {end:Int64}
  AND ({anyWorkflow:Bool} OR workflow = {workflow:String})
  AND ({anyEnvironment:Bool} OR environment = {environment:String})
ORDER BY started_ms DESC, id DESC
LIMIT 1 OFFSET {skip:UInt64}
