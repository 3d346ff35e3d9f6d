SELECT table, name, toUInt8(min_block_number = max_block_number) AS inserted
FROM system.detached_parts
WHERE database = currentDatabase() AND reason = 'broken-on-start'
