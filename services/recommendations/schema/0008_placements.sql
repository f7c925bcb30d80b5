-- What a placement is for: kontor.recommendations.v1.PlacementSettings without what stands in columns.
CREATE TABLE placement_settings (
  shop text NOT NULL,
  placement smallint NOT NULL, -- v1::Placement
  revision bigint NOT NULL,    -- the etag; 1 at first
  settings bytea NOT NULL,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (shop, placement)
);
