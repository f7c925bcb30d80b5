-- Business rules: kontor.recommendations.v1.Rule without what stands in columns.
CREATE TABLE rules (
  shop text NOT NULL,
  rule_id text NOT NULL,
  revision bigint NOT NULL, -- the etag
  rule bytea NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (shop, rule_id)
);

-- Grows with every change of a shop's rules; what every process looks at. Whoever changes rules holds its row.
CREATE TABLE rule_versions (
  shop text NOT NULL PRIMARY KEY,
  version bigint NOT NULL
);
