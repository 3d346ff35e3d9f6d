SELECT
  trace_id, span_id, parent_span_id, name, kind, start_nanos, end_nanos, status_code, status_message,
  attributes, attribute_types, events, links, resource, resource_types, scope_name, scope_version
FROM stored_spans FINAL
WHERE trace_id IN {ids:Array(String)}
ORDER BY start_nanos, span_id
