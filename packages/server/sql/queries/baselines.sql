SELECT content
FROM stored_baselines FINAL
ORDER BY from_ms, id
