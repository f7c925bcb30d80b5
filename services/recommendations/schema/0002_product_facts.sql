-- What rules, filters and content ask about products. Facts that came before this schema are read again from the log,
-- which keeps them for ever: the catalogue is read from its first record, and the inventory, new here, anyway.
ALTER TABLE products
  ADD COLUMN description text NOT NULL DEFAULT '',
  ADD COLUMN attributes text[] NOT NULL DEFAULT '{}', -- name, U+001E, value; a name may stand several times
  ADD COLUMN variant_group text NOT NULL DEFAULT '',
  ADD COLUMN seller text NOT NULL DEFAULT '',
  ADD COLUMN available_at timestamptz;

-- For everybody; prices of single stores and price lists are not kept.
CREATE TABLE prices (
  shop text NOT NULL,
  product text NOT NULL,
  currency text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  price numeric NOT NULL,
  cost numeric,
  valid_until timestamptz NOT NULL,
  PRIMARY KEY (shop, product, currency)
);

CREATE TABLE stock_levels (
  shop text NOT NULL,
  product text NOT NULL,
  location text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  free numeric NOT NULL, -- on hand less reserved
  counted_at timestamptz NOT NULL,
  PRIMARY KEY (shop, product, location)
);

-- Corrections; those after its count add to a level.
CREATE TABLE stock_changes (
  shop text NOT NULL,
  product text NOT NULL,
  id text NOT NULL,
  revision bigint NOT NULL,
  fingerprint bigint NOT NULL,
  location text NOT NULL,
  change numeric NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (shop, product, id)
);

DO $$
BEGIN
  IF to_regclass('recommendations.consumer_offsets') IS NOT NULL THEN
    UPDATE products SET revision = -1;
    UPDATE consumer_offsets SET next_offset = 0, epoch = epoch + 1 WHERE topic = 'catalog';
  END IF;
END
$$;
