SELECT number, written_by
FROM migrations
ORDER BY number
