SELECT content
FROM stored_references FINAL
ORDER BY workflow, environment
