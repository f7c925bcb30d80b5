-- What products are to other products. No event before this schema can have told any.
ALTER TABLE products
  ADD COLUMN relations text[] NOT NULL DEFAULT '{}'; -- number of the kind (RelationKind), U+001E, product
