SELECT content
FROM stored_checks FINAL
ORDER BY at_ms, key
