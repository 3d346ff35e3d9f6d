SELECT hash, text
FROM stored_texts FINAL
WHERE hash IN {hashes:Array(String)}
