SELECT digest
FROM stored_runs FINAL
WHERE replaced_by = ''
  AND ({anyWorkflow:Bool} OR workflow = {workflow:String})
  AND ({anyEnvironment:Bool} OR environment = {environment:String})
  AND started_ms >= {start:Int64} AND started_ms < {end:Int64}
  AND (NOT {failedOnly:Bool} OR notEmpty(failed))
