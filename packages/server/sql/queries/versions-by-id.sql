SELECT id, max(version) AS newest
FROM stored_runs
WHERE id IN {ids:Array(String)}
GROUP BY id
HAVING argMax(replaced_by, version) = ''
