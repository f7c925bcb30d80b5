CREATE TABLE topics (
  topic text PRIMARY KEY,
  partitions int NOT NULL CHECK (partitions > 0),
  retention_us bigint CHECK (retention_us > 0)  -- NULL: for ever
);

-- One row per partition, locked by whoever appends to it.
CREATE TABLE partitions (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL REFERENCES topics,
  partition int NOT NULL,
  begin_offset bigint NOT NULL DEFAULT 0,
  next_offset bigint NOT NULL DEFAULT 0,
  UNIQUE (topic, partition)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE records (
  partition_id int NOT NULL,
  log_offset bigint NOT NULL,
  received_at timestamptz NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (partition_id, log_offset)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.5);
