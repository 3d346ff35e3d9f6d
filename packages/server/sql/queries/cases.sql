SELECT content
FROM stored_cases FINAL
ORDER BY id, source
