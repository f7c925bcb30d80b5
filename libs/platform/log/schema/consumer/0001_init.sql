-- The state of consumers beside the views that they keep.
CREATE TABLE consumer_offsets (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  owner text,
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  epoch bigint NOT NULL DEFAULT 0,
  next_offset bigint NOT NULL,
  applied_received_at timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 20);

CREATE TABLE consumer_members (
  consumer_group text NOT NULL,
  owner text NOT NULL,
  seen_until timestamptz NOT NULL,
  PRIMARY KEY (consumer_group, owner)
) WITH (fillfactor = 50);

CREATE TABLE dead_letters (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  log_offset bigint NOT NULL,
  received_at timestamptz NOT NULL,
  failed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL,
  description text NOT NULL,
  attempt int NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (consumer_group, topic, partition, log_offset)
);

-- Records of types that the binary did not know.
CREATE TABLE parked_records (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  log_offset bigint NOT NULL,
  received_at timestamptz NOT NULL,
  type text NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (consumer_group, topic, partition, log_offset)
);

-- Records to publish. The cause is the input that led to them; NULL for RPCs and timed jobs.
CREATE TABLE outbox (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id text NOT NULL UNIQUE,
  topic text NOT NULL,
  key bytea NOT NULL,
  bytes bytea NOT NULL,
  consumer_group text,
  cause_topic text,
  cause_partition int,
  cause_offset bigint
);
