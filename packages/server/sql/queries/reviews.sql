SELECT content
FROM stored_reviews FINAL
ORDER BY at, id
