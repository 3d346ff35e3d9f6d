SELECT table, name, path, toString(bytes_on_disk), toUInt8(min_block_number = max_block_number) AS inserted
FROM system.parts
WHERE active AND database = currentDatabase()
