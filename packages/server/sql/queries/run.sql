SELECT digest, replaced_by
FROM stored_runs FINAL
WHERE id = {id:String}
