-- Orders by the rule of revisions; what they sold stands in sales.
CREATE TABLE orders (
  shop text NOT NULL,
  order_id text NOT NULL,
  revision bigint NOT NULL, -- -1: only its cancellation has come
  fingerprint bigint NOT NULL,
  cancelled boolean NOT NULL,
  PRIMARY KEY (shop, order_id)
);

-- Lines of the orders that count: none of a cancelled order, none without a quantity.
CREATE TABLE sales (
  shop text NOT NULL,
  order_id text NOT NULL,
  product text NOT NULL,
  occurred_at timestamptz NOT NULL,
  store text NOT NULL,
  country text NOT NULL,
  currency text NOT NULL,
  units numeric NOT NULL,
  pieces boolean NOT NULL,
  amount numeric NOT NULL
);
CREATE INDEX sales_by_order ON sales (shop, order_id);
CREATE INDEX sales_by_product ON sales (shop, product, occurred_at);

-- The newest order that has come, of each partition.
CREATE TABLE newest_orders (
  shop text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (shop, topic, partition)
);

CREATE TABLE products (
  shop text NOT NULL,
  product text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  title text NOT NULL,
  category_path text[] NOT NULL,
  brand text NOT NULL,
  removed boolean NOT NULL,
  PRIMARY KEY (shop, product)
);

CREATE TABLE prices (
  shop text NOT NULL,
  product text NOT NULL,
  currency text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  cost numeric,
  PRIMARY KEY (shop, product, currency)
);

-- Every level that was ever counted: the past tells when nothing was there.
CREATE TABLE stock_levels (
  shop text NOT NULL,
  product text NOT NULL,
  location text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  free numeric NOT NULL, -- on hand less reserved
  counted_at timestamptz NOT NULL,
  PRIMARY KEY (shop, product, location, revision)
);

CREATE TABLE runs (
  shop text NOT NULL,
  run bigint NOT NULL,
  state smallint NOT NULL, -- kontor.forecasting.v1.ForecastRun.State
  request_id text NOT NULL,
  data_until date NOT NULL,
  create_time timestamptz NOT NULL,
  end_time timestamptz,
  series_total bigint NOT NULL,
  series_done bigint NOT NULL,
  after_product text NOT NULL, -- products up to this one are done
  bulk_units float8 NOT NULL, -- past.h; 0: not reckoned yet
  learn_seconds int NOT NULL,
  engine_version text NOT NULL,
  error text NOT NULL,
  owner text NOT NULL,
  leased_until timestamptz NOT NULL,
  PRIMARY KEY (shop, run)
);

-- One row a series, run and step width.
CREATE TABLE forecasts (
  shop text NOT NULL,
  run bigint NOT NULL,
  grain smallint NOT NULL, -- kontor.forecasting.v1.Grain
  level smallint NOT NULL, -- 0 the shop, 1 a category, 2 a product
  node text NOT NULL,      -- '', the category's path with U+001F between levels, the product's id
  forecast bytea NOT NULL, -- stored_forecast.h
  PRIMARY KEY (shop, run, grain, level, node)
);

CREATE TABLE inventory_settings (
  shop text PRIMARY KEY,
  revision bigint NOT NULL,
  settings bytea NOT NULL,
  update_time timestamptz NOT NULL
);

