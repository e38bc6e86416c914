-- Views, functions, procedures, triggers, rules and policies.

SET ROLE cluster_app;

CREATE FUNCTION shop.order_total(wanted integer) RETURNS numeric LANGUAGE sql STABLE
  SET search_path = shop, pg_catalog
  AS $$ SELECT coalesce(sum(quantity * gross), 0) FROM order_lines JOIN products ON id = product_id WHERE order_id = wanted $$;
CREATE FUNCTION shop.orders_of(customer bigint) RETURNS SETOF shop.orders LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT * FROM shop.orders WHERE customer_id = customer; END;
-- Depends on the caller's search_path. Harmless: no index, constraint, generated column or materialized view uses it.
CREATE FUNCTION public.newest_memory(wanted text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT value FROM memory_entries WHERE namespace = wanted ORDER BY id DESC LIMIT 1);
END $$;
CREATE FUNCTION shop.keep_total() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = shop, pg_catalog AS $$
BEGIN
  UPDATE orders SET total = order_total(NEW.order_id) WHERE id = NEW.order_id;
  RETURN NULL;
END $$;
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := pg_catalog.now();
  RETURN NEW;
END $$;
CREATE PROCEDURE shop.send_paid_orders(INOUT sent integer DEFAULT 0) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shop.orders SET state = 'sent' WHERE state = 'paid';
  GET DIAGNOSTICS sent = ROW_COUNT;
  COMMIT;
END $$;
CREATE AGGREGATE shop.longest(text) (
  SFUNC = text_larger, STYPE = text
);
CREATE FUNCTION shop.same_city(a shop.address, b shop.address) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$ SELECT (a).city = (b).city $$;
CREATE OPERATOR shop.=== (LEFTARG = shop.address, RIGHTARG = shop.address, FUNCTION = shop.same_city, COMMUTATOR = OPERATOR(shop.===));

CREATE TRIGGER touch BEFORE UPDATE ON public.memory_entries FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION public.touch();
CREATE TRIGGER keep_total AFTER INSERT OR UPDATE ON shop.order_lines FOR EACH ROW EXECUTE FUNCTION shop.keep_total();
ALTER TABLE shop.order_lines ENABLE ALWAYS TRIGGER keep_total;
CREATE CONSTRAINT TRIGGER late_total AFTER INSERT ON shop.order_lines DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION shop.keep_total();
ALTER TABLE shop.order_lines DISABLE TRIGGER late_total;

CREATE VIEW shop.open_orders WITH (security_barrier) AS
  SELECT o.id, o.placed_at, c.email, shop.order_total(o.id) AS total
  FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id WHERE o.state IN ('new', 'paid');
CREATE VIEW shop.new_orders WITH (security_invoker) AS
  SELECT id, customer_id, state, placed_at FROM shop.orders WHERE state = 'new' WITH CASCADED CHECK OPTION;
CREATE VIEW shop.referrals AS
  WITH RECURSIVE tree (id, depth) AS (
    SELECT id, 0 FROM shop.customers WHERE referred_by IS NULL
    UNION ALL SELECT c.id, t.depth + 1 FROM shop.customers c JOIN tree t ON c.referred_by = t.id WHERE t.depth < 5
  ) SELECT * FROM tree;
CREATE MATERIALIZED VIEW shop.sales_by_month AS
  SELECT date_trunc('month', placed_at AT TIME ZONE 'UTC') AS month, count(*) AS orders, sum(total) AS total
  FROM shop.orders GROUP BY 1;
CREATE UNIQUE INDEX ON shop.sales_by_month (month);
-- Not populated: reading it is an error, so what reads every relation has to ask relispopulated first.
CREATE MATERIALIZED VIEW shop.sales_by_region AS SELECT region, count(*) FROM metrics.events GROUP BY region WITH NO DATA;

CREATE TABLE shop.order_log (order_id integer, old_state shop.order_state, logged_at timestamptz DEFAULT now());
CREATE RULE log_state AS ON UPDATE TO shop.orders WHERE OLD.state <> NEW.state
  DO ALSO INSERT INTO shop.order_log (order_id, old_state) VALUES (OLD.id, OLD.state);
CREATE RULE keep_open_orders AS ON DELETE TO shop.open_orders DO INSTEAD NOTHING;
CALL shop.send_paid_orders();

ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone_for_the_application ON shop.customers TO cluster_app USING (true) WITH CHECK (true);
CREATE POLICY recent_for_readers ON shop.customers AS PERMISSIVE FOR SELECT TO cluster_reader, "Report Team"
  USING (joined > CURRENT_DATE - 30);

GRANT USAGE ON SCHEMA shop, metrics TO cluster_reader, "Report Team";
GRANT SELECT (id, email, joined), REFERENCES (id) ON shop.customers TO "Report Team";
GRANT UPDATE (state) ON shop.orders TO legacy_reports WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION shop.keep_total() FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO cluster_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

RESET ROLE;
CREATE TEXT SEARCH CONFIGURATION public.plain_english (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION public.plain_english ALTER MAPPING FOR asciiword WITH simple;
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE DEBUG 'DDL: %', tg_tag; END $$;
CREATE EVENT TRIGGER watch_ddl ON ddl_command_end EXECUTE FUNCTION public.on_ddl();
COMMENT ON EVENT TRIGGER watch_ddl IS 'says what happens to whoever asks for debug messages';
CREATE PUBLICATION shop_orders FOR TABLE shop.orders WHERE (total > 0), shop.order_lines (order_id, line, quantity);
CREATE PUBLICATION shop_all FOR TABLES IN SCHEMA shop WITH (publish = 'insert, update');
