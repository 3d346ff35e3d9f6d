SELECT content
FROM (
  SELECT content, workflow, environment, '' AS accepted
  FROM stored_references FINAL
  UNION ALL
  SELECT content, '' AS workflow, '' AS environment, accepted
  FROM stored_accepted_references FINAL
)
ORDER BY accepted, workflow, environment
