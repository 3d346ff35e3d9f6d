SELECT head
FROM stored_gate_results FINAL
ORDER BY at_ms DESC, id
LIMIT {limit:UInt64}
