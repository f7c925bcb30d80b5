-- What analysts read. A view shows the shops whose analyst role the current user has: through the role itself, or as a
-- login to which an operator granted it. security_barrier: a condition of the query sees visible rows only.
CREATE SCHEMA IF NOT EXISTS sql_v1;

CREATE VIEW sql_v1.shops WITH (security_barrier) AS
SELECT shop, time_zone
FROM shops
WHERE pg_has_role(current_user, to_regrole(analyst_role), 'USAGE');

CREATE VIEW sql_v1.orders WITH (security_barrier) AS
SELECT d.shop, d.id AS order_id, d.revision, d.occurred_at, d.received_at, c.cancelled_at, d.customer, d.session,
       d.country, d.channel, d.store, d.device, d.source, d.currency, d.amount, d.line_count
FROM documents AS d
LEFT JOIN cancellations AS c ON c.shop = d.shop AND c.order_id = d.id
WHERE d.kind = 0 AND d.shop = ANY (ARRAY(SELECT shop FROM sql_v1.shops));

CREATE VIEW sql_v1.order_lines WITH (security_barrier) AS
SELECT d.shop, d.id AS order_id, l.line_no, d.occurred_at, c.cancelled_at, d.customer, d.country, d.channel, d.store,
       d.currency, l.product, l.quantity, l.pieces, l.amount, l.discount, l.tax, l.cost
FROM documents AS d
JOIN lines AS l ON l.document = d.document
LEFT JOIN cancellations AS c ON c.shop = d.shop AND c.order_id = d.id
WHERE d.kind = 0 AND d.shop = ANY (ARRAY(SELECT shop FROM sql_v1.shops));

-- One row per line of a return.
CREATE VIEW sql_v1.returns WITH (security_barrier) AS
SELECT d.shop, d.id AS return_id, nullif(d.order_id, '') AS order_id, l.line_no, d.revision, d.occurred_at, d.customer,
       d.country, d.channel, d.store, d.source, d.currency, l.product, l.quantity, l.pieces, l.amount
FROM documents AS d
JOIN lines AS l ON l.document = d.document
WHERE d.kind = 1 AND d.shop = ANY (ARRAY(SELECT shop FROM sql_v1.shops));

CREATE VIEW sql_v1.adjustments WITH (security_barrier) AS
SELECT d.shop, d.id AS adjustment_id, nullif(d.order_id, '') AS order_id, d.revision, d.occurred_at, d.country,
       d.channel, d.source, d.currency, d.amount
FROM documents AS d
WHERE d.kind = 2 AND d.shop = ANY (ARRAY(SELECT shop FROM sql_v1.shops));

CREATE VIEW sql_v1.stock_corrections WITH (security_barrier) AS
SELECT d.shop, d.id AS adjustment_id, d.revision, d.occurred_at, d.store AS location, d.source, l.product,
       l.quantity AS change, l.pieces
FROM documents AS d
JOIN lines AS l ON l.document = d.document
WHERE d.kind = 3 AND d.shop = ANY (ARRAY(SELECT shop FROM sql_v1.shops));

CREATE VIEW sql_v1.behavior WITH (security_barrier) AS
SELECT shop, source, event_id, type, occurred_at, received_at, visitor, customer, session, country, channel, device,
       products
FROM behavior
WHERE shop = ANY (ARRAY(SELECT shop FROM sql_v1.shops));

CREATE VIEW sql_v1.products WITH (security_barrier) AS
SELECT shop, product, revision, category_path, category_path[1] AS department, brand
FROM products
WHERE shop = ANY (ARRAY(SELECT shop FROM sql_v1.shops));

-- A day is the shop's day. Returns and adjustments by their own day; cancelled orders count in gross_revenue only.
CREATE VIEW sql_v1.daily_revenue WITH (security_barrier) AS
SELECT d.shop, (d.occurred_at AT TIME ZONE s.time_zone)::date AS day, d.currency, d.country,
       count(*) FILTER (WHERE d.kind = 0 AND c.shop IS NULL) AS orders,
       coalesce(sum(d.line_count) FILTER (WHERE d.kind = 0 AND c.shop IS NULL), 0) AS lines,
       coalesce(sum(d.amount) FILTER (WHERE d.kind = 0), 0) AS gross_revenue,
       coalesce(sum(d.amount) FILTER (WHERE d.kind = 0 AND c.shop IS NULL), 0) AS revenue,
       coalesce(sum(d.amount) FILTER (WHERE d.kind = 1), 0) AS returns,
       coalesce(sum(d.amount) FILTER (WHERE d.kind = 2), 0) AS adjustments,
       coalesce(sum(d.amount) FILTER (WHERE d.kind = 0 AND c.shop IS NULL), 0)
         - coalesce(sum(d.amount) FILTER (WHERE d.kind = 1), 0)
         + coalesce(sum(d.amount) FILTER (WHERE d.kind = 2), 0) AS net_revenue
FROM documents AS d
JOIN sql_v1.shops AS s ON s.shop = d.shop
LEFT JOIN cancellations AS c ON d.kind = 0 AND c.shop = d.shop AND c.order_id = d.id
WHERE d.kind < 3
GROUP BY 1, 2, 3, 4;
