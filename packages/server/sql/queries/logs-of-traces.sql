SELECT
  trace_id, span_id, time_nanos, severity, event_name, body, body_type,
  attributes, attribute_types, resource, resource_types, scope_name, scope_version
FROM stored_logs FINAL
WHERE trace_id IN {ids:Array(String)}
ORDER BY time_nanos, record_id
