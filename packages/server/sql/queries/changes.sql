SELECT content
FROM stored_changes FINAL
ORDER BY at_ms, id
