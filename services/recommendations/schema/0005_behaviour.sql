-- What people looked at and put into the cart, one row an event, for training (behaviour_writer.h).
CREATE TABLE behaviour (
  shop text NOT NULL,
  occurred_at timestamptz NOT NULL,
  partition int NOT NULL,
  log_offset bigint NOT NULL,
  session text NOT NULL,  -- token of the session, else of the visitor, else of the customer
  subject text NOT NULL,  -- token of the customer, else of the visitor; empty when nobody is known
  kind smallint NOT NULL, -- 0 looked at, 1 put into the cart, 2 taken out of it
  product text NOT NULL,
  PRIMARY KEY (shop, occurred_at, partition, log_offset)
);
CREATE INDEX behaviour_of_subject ON behaviour (shop, subject) WHERE subject <> '';

-- Which visitors customers were, as events told it last (identity_rows.h).
CREATE TABLE identities (
  shop text NOT NULL,
  visitor text NOT NULL,
  customer text NOT NULL,
  told_at timestamptz NOT NULL,
  linked boolean NOT NULL, -- false: a link that was wrong
  PRIMARY KEY (shop, visitor, customer)
);
CREATE INDEX identities_of_customer ON identities (shop, customer);

-- Who was forgotten, by a hash of the token (erasure_rows.h): nothing of up to that time is taken again. Numbers rise in
-- the order of commits: whoever writes here holds the lock of erasures.
CREATE SEQUENCE erasure_numbers;
CREATE TABLE erasures (
  shop text NOT NULL,
  person bigint NOT NULL,
  erased_at timestamptz NOT NULL,
  number bigint NOT NULL DEFAULT nextval('recommendations.erasure_numbers'),
  PRIMARY KEY (shop, person)
);
CREATE INDEX erasures_by_number ON erasures (number);
