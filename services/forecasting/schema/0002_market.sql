-- Promotions, the shop's own and those of competitors: whose it is may change with a revision.
CREATE TABLE promotions (
  shop text NOT NULL,
  promotion text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  own boolean NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  products text[] NOT NULL, -- none: all
  stores text[] NOT NULL,   -- none: all
  discount float8 NOT NULL,
  PRIMARY KEY (shop, promotion)
);

-- The newest report of each kind: an observation counts before a forecast where both are.
CREATE TABLE weather (
  shop text NOT NULL,
  location text NOT NULL,
  day timestamptz NOT NULL,
  forecast boolean NOT NULL,
  told_at timestamptz NOT NULL,
  fingerprint bigint NOT NULL,
  temperature float8 NOT NULL, -- mean, degrees Celsius
  precipitation float8 NOT NULL,
  PRIMARY KEY (shop, location, day, forecast)
);

CREATE TABLE calendar_events (
  shop text NOT NULL,
  event text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  title text NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  country text NOT NULL,
  PRIMARY KEY (shop, event)
);
