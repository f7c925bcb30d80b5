-- What became of answers that were seen: kept for 30 days by the time of events. outcomes and outcome_places follow from
-- the rows below them and from nothing else, so that the order of arrival does not matter.
CREATE TABLE outcomes (
  shop text NOT NULL,
  answer_id bigint NOT NULL, -- the 64 bits of the attribution token
  placement smallint NOT NULL,
  tier smallint NOT NULL,
  model_version bigint NOT NULL,
  strategy int NOT NULL,
  context bigint NOT NULL,
  propensity double precision NOT NULL,
  expected double precision NOT NULL,
  answered_at timestamptz NOT NULL,
  shown_at timestamptz NOT NULL, -- for the first time
  subject text NOT NULL,
  places int NOT NULL,
  clicks int NOT NULL,    -- places
  carts int NOT NULL,     -- places
  purchases int NOT NULL, -- places
  PRIMARY KEY (shop, answer_id)
);
CREATE INDEX outcomes_by_time ON outcomes (shop, shown_at);
CREATE INDEX outcomes_of_subject ON outcomes (shop, subject) WHERE subject <> '';

CREATE TABLE outcome_places (
  shop text NOT NULL,
  answer_id bigint NOT NULL,
  place int NOT NULL, -- the first is 1
  product text NOT NULL,
  lead smallint NOT NULL, -- kontor.recommendations.v1.Reason.Kind; 0: not known
  clicked boolean NOT NULL,
  carted boolean NOT NULL,
  bought boolean NOT NULL,
  PRIMARY KEY (shop, answer_id, place),
  FOREIGN KEY (shop, answer_id) REFERENCES outcomes ON DELETE CASCADE
);

-- Clicks and carts that name an answer, also before it is known to have been seen.
CREATE TABLE outcome_touches (
  shop text NOT NULL,
  subject text NOT NULL,
  product text NOT NULL,
  answer_id bigint NOT NULL,
  touched_at timestamptz NOT NULL,
  carted boolean NOT NULL, -- otherwise clicked
  PRIMARY KEY (shop, subject, product, answer_id, touched_at, carted)
);
CREATE INDEX outcome_touches_of_answer ON outcome_touches (shop, answer_id, product);
CREATE INDEX outcome_touches_by_time ON outcome_touches (shop, touched_at);

-- Orders that name an answer, and live ones that name none. The highest revision counts; a cancellation is terminal.
CREATE TABLE outcome_orders (
  shop text NOT NULL,
  order_id text NOT NULL,
  revision bigint NOT NULL, -- -1: only the cancellation is known
  fingerprint bigint NOT NULL,
  subject text NOT NULL,
  visitor text NOT NULL,
  ordered_at timestamptz NOT NULL,
  answer_id bigint, -- null: it names no answer of anybody
  products text[] NOT NULL,
  cancelled boolean NOT NULL,
  PRIMARY KEY (shop, order_id)
);
CREATE INDEX outcome_orders_of_answer ON outcome_orders (shop, answer_id) WHERE answer_id IS NOT NULL;
CREATE INDEX outcome_orders_of_subject ON outcome_orders (shop, subject, ordered_at) WHERE subject <> '';
CREATE INDEX outcome_orders_of_visitor ON outcome_orders (shop, visitor, ordered_at)
  WHERE visitor <> '' AND visitor <> subject;
CREATE INDEX outcome_orders_by_time ON outcome_orders (shop, ordered_at);

-- Raised alerts, so that each is raised once.
CREATE TABLE quality_alerts (
  shop text NOT NULL,
  alert_id text NOT NULL,
  raised_at timestamptz NOT NULL,
  alert bytea NOT NULL, -- kontor.events.v1.QualityAlert
  PRIMARY KEY (shop, alert_id)
);

-- When a process last looked for alerts: one at a time does.
CREATE TABLE quality_looks (
  shop text PRIMARY KEY,
  looked_at timestamptz NOT NULL
);
