SELECT id, digest
FROM stored_runs FINAL
WHERE id >= {first:String} AND id <= {last:String}
  AND replaced_by = ''
  AND version > {after:UInt64}
  AND ({anyWorkflow:Bool} OR workflow = {workflow:String})
  AND ({anyEnvironment:Bool} OR environment = {environment:String})
