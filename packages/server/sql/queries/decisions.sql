SELECT content
FROM stored_decisions FINAL
ORDER BY at_ms, id
