SELECT content
FROM stored_closures FINAL
ORDER BY id, source
