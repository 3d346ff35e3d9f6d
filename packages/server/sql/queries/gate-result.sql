SELECT content
FROM stored_gate_results FINAL
WHERE id = {id:String}
