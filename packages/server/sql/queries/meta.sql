SELECT text
FROM stored_meta FINAL
WHERE key = {key:String}
