-- What SQL from outside may read: documented, stable, one row a thing, ids in lower-case hex. store/views.ts lists the columns.
CREATE OR REPLACE VIEW spans AS
SELECT
  trace_id,
  span_id,
  parent_span_id,
  name,
  kind,
  resource['service.name'] AS service,
  fromUnixTimestamp64Nano(toInt64(start_nanos), 'UTC') AS start,
  fromUnixTimestamp64Nano(toInt64(end_nanos), 'UTC') AS end,
  (toInt64(end_nanos) - toInt64(start_nanos)) / 1000000 AS duration_ms,
  status_code AS status,
  status_message,
  attributes,
  events,
  links,
  resource,
  scope_name AS scope,
  scope_version
FROM stored_spans FINAL;

CREATE OR REPLACE VIEW logs AS
SELECT
  trace_id,
  span_id,
  fromUnixTimestamp64Nano(toInt64(time_nanos), 'UTC') AS time,
  severity,
  event_name,
  body,
  attributes,
  resource['service.name'] AS service,
  resource,
  scope_name AS scope,
  scope_version
FROM stored_logs FINAL;

CREATE OR REPLACE VIEW runs AS
SELECT
  r.id AS id,
  r.trace_ids AS trace_ids,
  r.workflow AS workflow,
  r.environment AS environment,
  r.task_type AS task_type,
  r.session AS session,
  r.service AS service,
  fromUnixTimestamp64Milli(r.started_ms, 'UTC') AS started,
  fromUnixTimestamp64Milli(r.ended_ms, 'UTC') AS ended,
  r.ended_ms - r.started_ms AS duration_ms,
  CAST(r.complete, 'Bool') AS complete,
  r.failed AS failed,
  r.error_class AS error_class,
  r.grounded AS grounded,
  r.grounded_method AS grounded_method,
  r.grounded_absent AS grounded_absent,
  CAST(r.fallback, 'Nullable(Bool)') AS fallback,
  r.fallback_method AS fallback_method,
  r.fallback_absent AS fallback_absent,
  r.confidence AS confidence,
  r.confidence_method AS confidence_method,
  r.confidence_absent AS confidence_absent,
  CAST(r.downstream_ok, 'Nullable(Bool)') AS downstream_ok,
  r.downstream_ok_method AS downstream_ok_method,
  r.downstream_ok_absent AS downstream_ok_absent,
  m.cluster AS cluster
FROM (SELECT * EXCEPT (digest) FROM stored_runs FINAL WHERE replaced_by = '') AS r
LEFT JOIN (
  SELECT run_id, cluster
  FROM stored_members FINAL
  WHERE version = (SELECT max(version) FROM stored_meta WHERE key = 'diagnosis')
) AS m ON r.id = m.run_id;

CREATE OR REPLACE VIEW readings AS
SELECT
  id AS run_id,
  workflow,
  environment,
  fromUnixTimestamp64Milli(started_ms, 'UTC') AS started,
  reading.1 AS signal,
  reading.2 AS value,
  reading.3 AS method,
  reading.4 AS source,
  reading.5 AS absent
FROM (
  SELECT
    id,
    workflow,
    environment,
    started_ms,
    arrayJoin([
      ('grounded', grounded, toString(grounded_method), toString(grounded_source), toString(grounded_absent)),
      ('fallback', fallback, toString(fallback_method), toString(fallback_source), toString(fallback_absent)),
      ('confidence', confidence, toString(confidence_method), toString(confidence_source), toString(confidence_absent)),
      ('downstream_ok', downstream_ok, toString(downstream_ok_method), toString(downstream_ok_source), toString(downstream_ok_absent))
    ]) AS reading
  FROM stored_runs FINAL
  WHERE replaced_by = ''
);

CREATE OR REPLACE VIEW clusters AS
SELECT
  id,
  title,
  workflow,
  environment,
  state,
  size,
  fromUnixTimestamp64Milli(first_ms, 'UTC') AS first,
  fromUnixTimestamp64Milli(last_ms, 'UTC') AS last,
  representative,
  origin_agent,
  origin_tool,
  origin_kind,
  cause,
  verdict
FROM stored_clusters FINAL
WHERE version = (SELECT max(version) FROM stored_meta WHERE key = 'diagnosis');

CREATE OR REPLACE VIEW changes AS
SELECT
  id,
  fromUnixTimestamp64Milli(at_ms, 'UTC') AS at,
  kind,
  workflow,
  environment,
  service,
  title,
  before,
  after,
  origin
FROM stored_changes FINAL;

CREATE OR REPLACE VIEW notes AS
SELECT id, run_id, author, fromUnixTimestamp64Milli(at_ms, 'UTC') AS at, text, code
FROM stored_notes FINAL;

CREATE OR REPLACE VIEW verdicts AS
SELECT
  id,
  case_id,
  fromUnixTimestamp64Milli(at_ms, 'UTC') AS at,
  commit,
  severity,
  verdict,
  action
FROM stored_verdicts FINAL;
