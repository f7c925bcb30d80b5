-- Rules and synonyms: kontor.search.v1.Rule and SynonymSet without what stands in columns. The id is "rules/ID" or
-- "synonymSets/ID".
CREATE TABLE curations (
  shop text NOT NULL,
  curation_id text NOT NULL,
  revision bigint NOT NULL, -- the etag
  curation bytea NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (shop, curation_id)
);

-- Grows with every change of a shop's curations; what every process looks at. Whoever changes them holds its row.
CREATE TABLE curation_versions (
  shop text NOT NULL PRIMARY KEY,
  version bigint NOT NULL
);
