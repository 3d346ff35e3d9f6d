SELECT id, replaced_by, toString(version)
FROM stored_runs FINAL
WHERE version > {after:UInt64}
  AND (replaced_by != '' OR ({anyWorkflow:Bool} OR workflow = {workflow:String}))
  AND (replaced_by != '' OR ({anyEnvironment:Bool} OR environment = {environment:String}))
ORDER BY id
