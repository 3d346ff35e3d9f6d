SELECT toString(sum(cityHash64(table, name)))
FROM system.parts
WHERE active AND database = currentDatabase() AND table IN ('stored_spans', 'stored_logs', 'stored_runs')
