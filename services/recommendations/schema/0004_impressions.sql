-- What people were shown without looking at it (impressions.h), and how often products were shown at all.
CREATE TABLE impressions (
  shop text NOT NULL,
  subject text NOT NULL,
  shown bytea NOT NULL,
  last_shown timestamptz NOT NULL,
  PRIMARY KEY (shop, subject)
);
CREATE INDEX impressions_by_age ON impressions (last_shown);

CREATE TABLE product_exposures (
  shop text NOT NULL,
  product text NOT NULL,
  times bigint NOT NULL,
  PRIMARY KEY (shop, product)
);
