-- The shops of the configuration; analyst_role may read the shop's rows through schema sql_v1.
CREATE TABLE shops (
  shop text PRIMARY KEY,
  time_zone text NOT NULL,
  analyst_role text NOT NULL
);

-- The highest revision of every order (kind 0), return (1), adjustment (2) and stock correction (3). `document` names it
-- in `lines`: eight bytes that rise instead of three texts, which makes lines small and their index cheap to fill.
CREATE TABLE documents (
  shop text NOT NULL,
  kind smallint NOT NULL,
  id text NOT NULL,
  document bigint GENERATED ALWAYS AS IDENTITY,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  imported boolean NOT NULL,
  source text NOT NULL,
  customer text NOT NULL,
  session text NOT NULL,
  country text NOT NULL,
  channel text NOT NULL,
  store text NOT NULL,
  device text NOT NULL,
  currency text NOT NULL,
  order_id text NOT NULL,
  amount numeric NOT NULL,
  line_count int NOT NULL,
  PRIMARY KEY (shop, kind, id)
);

CREATE TABLE lines (
  document bigint NOT NULL,
  line_no int NOT NULL,
  product text NOT NULL,
  quantity numeric NOT NULL,
  pieces boolean NOT NULL,
  amount numeric NOT NULL,
  discount numeric NOT NULL,
  tax numeric NOT NULL,
  cost numeric,
  PRIMARY KEY (document, line_no)
);

-- Apart from documents, because a cancellation may come before its order and outlasts every revision of it.
CREATE TABLE cancellations (
  shop text NOT NULL,
  order_id text NOT NULL,
  cancelled_at timestamptz NOT NULL,
  PRIMARY KEY (shop, order_id)
);

CREATE TABLE behavior (
  shop text NOT NULL,
  source text NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  imported boolean NOT NULL,
  visitor text NOT NULL,
  customer text NOT NULL,
  session text NOT NULL,
  country text NOT NULL,
  channel text NOT NULL,
  device text NOT NULL,
  products text[] NOT NULL,
  PRIMARY KEY (shop, source, event_id)
);

CREATE TABLE products (
  shop text NOT NULL,
  product text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  category_path text[] NOT NULL,
  brand text NOT NULL,
  PRIMARY KEY (shop, product)
);

CREATE TABLE refusals (
  shop text NOT NULL,
  source text NOT NULL,
  event_id text NOT NULL,
  reason text NOT NULL,
  count bigint NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (shop, source, event_id, reason)
);
