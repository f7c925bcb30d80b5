-- Outlives a rebuild of a consumer's schema: inputs below next_offset have had their outbox rows sent.
CREATE TABLE published_through (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (consumer_group, topic, partition)
);
