-- Events by the id their sender gave, so that one sent again is answered and not written again.
CREATE TABLE event_ids (
  shop text NOT NULL,
  source text NOT NULL,
  event_id text NOT NULL,
  digest bytea NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  "offset" bigint NOT NULL,
  received_at timestamptz NOT NULL,
  imported boolean NOT NULL,
  PRIMARY KEY (shop, source, event_id)
);
CREATE INDEX event_ids_expiry ON event_ids (received_at) WHERE NOT imported;

CREATE TABLE quality (
  shop text NOT NULL,
  source text NOT NULL,
  outcome text NOT NULL,
  count bigint NOT NULL,
  example text NOT NULL,
  newest_event timestamptz NOT NULL,
  last_received timestamptz NOT NULL,
  PRIMARY KEY (shop, source, outcome)
);

CREATE TABLE imports (
  shop text NOT NULL,
  import_id text NOT NULL,
  file_name text NOT NULL,
  file_sha256 text NOT NULL,
  mapping_sha256 text NOT NULL,
  done boolean NOT NULL DEFAULT false,
  committed_units bigint NOT NULL DEFAULT 0,
  rows_read bigint NOT NULL DEFAULT 0,
  accepted_events bigint NOT NULL DEFAULT 0,
  duplicate_events bigint NOT NULL DEFAULT 0,
  refused_events bigint NOT NULL DEFAULT 0,
  refused_rows bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (shop, import_id)
);

CREATE TABLE import_errors (
  shop text NOT NULL,
  import_id text NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  line bigint NOT NULL,
  "column" text NOT NULL,
  reason text NOT NULL,
  description text NOT NULL,
  PRIMARY KEY (shop, import_id, line, number)
);

-- The last position of each partition that an import wrote to.
CREATE TABLE import_positions (
  shop text NOT NULL,
  import_id text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  "offset" bigint NOT NULL,
  PRIMARY KEY (shop, import_id, topic, partition)
);
