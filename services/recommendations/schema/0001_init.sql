-- Who bought what with what. An order's highest revision counts. A cancellation is terminal and may come before its
-- order: then the row has revision -1 and nothing else.
CREATE TABLE purchases (
  shop text NOT NULL,
  order_id text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  subject text NOT NULL,
  occurred_at timestamptz NOT NULL,
  country text NOT NULL,
  store text NOT NULL,
  products text[] NOT NULL,
  cancelled boolean NOT NULL,
  PRIMARY KEY (shop, order_id)
);
CREATE INDEX purchases_of_subject ON purchases (shop, subject, occurred_at DESC) WHERE subject <> '';

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

-- What each partition has brought: a row of its own each, so that partitions never wait for each other.
CREATE TABLE applied (
  shop text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  newest_event timestamptz NOT NULL,
  snapshots bigint NOT NULL,
  PRIMARY KEY (shop, topic, partition)
);
