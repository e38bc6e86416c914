-- Large objects with owners, privileges and comments of their own.

SELECT lo_from_bytea(900000 + n, convert_to(repeat('large object ' || n || E'\n', 3000), 'UTF8')) FROM generate_series(1, 20) n;
ALTER LARGE OBJECT 900001 OWNER TO cluster_app;
GRANT SELECT ON LARGE OBJECT 900002 TO cluster_reader;
COMMENT ON LARGE OBJECT 900003 IS 'a scanned contract';
CREATE TABLE public.scans (id integer PRIMARY KEY, content oid NOT NULL);
INSERT INTO public.scans SELECT n, 900000 + n FROM generate_series(1, 20) n;
ALTER TABLE public.scans OWNER TO cluster_app;
