SELECT content
FROM stored_rulings FINAL
ORDER BY at_ms, id
