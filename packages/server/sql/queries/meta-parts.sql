SELECT key, text
FROM stored_meta FINAL
WHERE startsWith(key, {prefix:String})
