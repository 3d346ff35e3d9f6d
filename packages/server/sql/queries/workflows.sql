SELECT workflow, environment, count() AS runs
FROM stored_runs FINAL
WHERE replaced_by = ''
GROUP BY workflow, environment
ORDER BY workflow, environment
