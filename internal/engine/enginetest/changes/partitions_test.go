//go:build unix

package changes_test

import "testing"

func TestPartitions(t *testing.T) { runCases(t, "partitions", partitionCases) }

// partBase is a tree with a range partition that is partitioned by list itself, a
// default partition whose columns stand in another order, an index with parts
// under names of their own, a key, a check and a trigger.
const partBase = `CREATE TABLE log (what text); INSERT INTO log VALUES ('begin'); CREATE SCHEMA other;
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (TG_NAME || ' ' || TG_OP || ' ' || TG_TABLE_NAME); RETURN NEW; END $$;
	CREATE TABLE p (id int NOT NULL, k text NOT NULL DEFAULT 'a', v int, CONSTRAINT positive CHECK (id > 0), PRIMARY KEY (id, k)) PARTITION BY RANGE (id);
	CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
	CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20) PARTITION BY LIST (k);
	CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN ('a', 'b');
	CREATE TABLE p2z PARTITION OF p2 DEFAULT;
	CREATE TABLE pd (v int, gone text, k text NOT NULL DEFAULT 'd', id int NOT NULL, CONSTRAINT positive CHECK (id > 0), CONSTRAINT pd_key PRIMARY KEY (id, k)); ALTER TABLE pd DROP gone;
	CREATE INDEX pd_by_v ON pd (v);
	ALTER TABLE p ATTACH PARTITION pd DEFAULT;
	CREATE INDEX p_v ON p (v); ALTER INDEX p1_v_idx RENAME TO first_v;
	CREATE TRIGGER tr AFTER INSERT OR DELETE ON p FOR EACH ROW EXECUTE FUNCTION note();
	ALTER TABLE p DISABLE TRIGGER tr;
	INSERT INTO p VALUES (1, 'a', 1), (2, 'b', 2), (11, 'a', 3), (12, 'q', 4), (99, 'd', 5), (100, 'd', NULL);
	ALTER TABLE p ENABLE TRIGGER tr; ALTER TABLE p1 ENABLE ALWAYS TRIGGER tr; ALTER TABLE p2a DISABLE TRIGGER tr;
	COMMENT ON TABLE p1 IS 'first'; GRANT SELECT ON p1 TO alice; COMMENT ON INDEX first_v IS 'by v'; ALTER TABLE p1 REPLICA IDENTITY FULL; ALTER TABLE p1 SET (fillfactor = 60); ALTER TABLE p2a ALTER v SET DEFAULT 7; `

const partRefs = partBase + `CREATE TABLE r (id int, k text, CONSTRAINT r_p FOREIGN KEY (id, k) REFERENCES p ON DELETE CASCADE); INSERT INTO r VALUES (1, 'a'), (12, 'q'), (99, 'd');
	CREATE TABLE s (v int PRIMARY KEY); INSERT INTO s SELECT generate_series(1, 50); ALTER TABLE p ADD CONSTRAINT p_s FOREIGN KEY (v) REFERENCES s; `

// identityFlat counts in the parent's sequence, also in its partitions.
const identityFlat = `CREATE TABLE g (id int GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 2), a int, c text, PRIMARY KEY (id, a)) PARTITION BY LIST (a);
	CREATE TABLE g1 PARTITION OF g FOR VALUES IN (1); CREATE TABLE g3 PARTITION OF g FOR VALUES IN (3); INSERT INTO g (a, c) VALUES (1, 'x'), (3, 'y'); `

// identityTree has partitions of a partition, besides.
const identityTree = identityFlat + `CREATE TABLE g2 PARTITION OF g DEFAULT PARTITION BY RANGE (a); CREATE TABLE g2a PARTITION OF g2 DEFAULT; INSERT INTO g (a, c) VALUES (2, 'z'); `

// ownIdentity has a partition, partitioned itself, that counts for itself alone.
const ownIdentity = `CREATE TABLE g (id int NOT NULL, a int NOT NULL, c text) PARTITION BY LIST (a);
	CREATE TABLE g2 (id int GENERATED ALWAYS AS IDENTITY (START 7), a int NOT NULL, c text) PARTITION BY RANGE (a); CREATE TABLE g2a PARTITION OF g2 DEFAULT;
	ALTER TABLE g ATTACH PARTITION g2 DEFAULT; INSERT INTO g2 (a, c) VALUES (2, 'z'); `

// wasPart is a parent that was a partition, with a key of that time.
const wasPart = `CREATE TABLE q (k int PRIMARY KEY, v int) PARTITION BY LIST (k); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); INSERT INTO q VALUES (1, 2); ALTER TABLE q DETACH PARTITION q1;
	CREATE TABLE c () INHERITS (q1); CREATE TABLE d (v int, k int NOT NULL) INHERITS (q1); INSERT INTO c VALUES (3, 4); INSERT INTO d VALUES (5, 6); `

// keyOfPart is a table that was a partition, with a foreign key of that time: a thing of which
// server versions differ, so that its cases are always run.
const keyOfPart = `CREATE TABLE r (v int PRIMARY KEY); INSERT INTO r VALUES (2); CREATE TABLE q (k int, v int REFERENCES r) PARTITION BY LIST (k); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); INSERT INTO q VALUES (1, 2);
	ALTER TABLE q DETACH PARTITION q1; `

// anyServer knows what it is said of.
const anyServer = 1

var partitionCases = []change{
	{name: "tree made", setup: `CREATE TABLE x (a int); INSERT INTO x VALUES (1);`, batch: partBase},
	{name: "tree made by hash", setup: `CREATE TABLE x (a int); INSERT INTO x VALUES (1);`, batch: `CREATE TABLE h (a int, b text COLLATE "C") PARTITION BY HASH (a, lower(b)); CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO h SELECT g, g::text FROM generate_series(1, 20) g;`},
	{name: "partition made", setup: partBase, batch: `CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30); INSERT INTO p VALUES (21, 'a', 21);`},
	{name: "partition made, with constraint, default and options of its own", setup: partBase, batch: `CREATE TABLE p3 PARTITION OF p (v DEFAULT 3, CHECK (v < 100)) FOR VALUES FROM (20) TO (30) WITH (fillfactor = 50);`},
	{name: "partition made under a partition", setup: partBase, batch: `CREATE TABLE p2c PARTITION OF p2 FOR VALUES IN ('c'); INSERT INTO p VALUES (13, 'c', 1);`},
	{name: "partitioned partition made", setup: partBase, batch: `CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30) PARTITION BY HASH (id); CREATE TABLE p30 PARTITION OF p3 FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO p VALUES (21, 'a', 21);`},
	{name: "partition made out of rows of the default", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION pd; CREATE TABLE p9 PARTITION OF p FOR VALUES FROM (90) TO (100); INSERT INTO p SELECT id, k, v FROM pd WHERE id = 99; DELETE FROM pd WHERE id = 99; ALTER TABLE p ATTACH PARTITION pd DEFAULT;`},
	{name: "table attached", setup: partBase + `CREATE TABLE n (LIKE p INCLUDING ALL); INSERT INTO n VALUES (30, 'n', 1);`, batch: `ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (30) TO (40);`},
	{name: "bare table attached", setup: partBase + `CREATE TABLE n (k text NOT NULL, v int, id int NOT NULL, CONSTRAINT positive CHECK (id > 0)); INSERT INTO n VALUES ('n', 1, 30);`, batch: `ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (30) TO (40);`},
	{name: "partitioned table attached", setup: partBase + `CREATE TABLE n (LIKE p INCLUDING CONSTRAINTS) PARTITION BY LIST (k); CREATE TABLE nn PARTITION OF n DEFAULT; INSERT INTO n VALUES (30, 'n', 1);`, batch: `ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (30) TO (40);`},
	{name: "made and attached", setup: partBase, batch: `CREATE TABLE n (LIKE p INCLUDING ALL); INSERT INTO n VALUES (30, 'n', 1); ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (30) TO (40);`},
	{name: "partition detached", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION p1;`},
	{name: "default partition detached", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION pd;`},
	{name: "partitioned partition detached", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION p2;`},
	{name: "partition of a partition detached", setup: partBase, batch: `ALTER TABLE p2 DETACH PARTITION p2a;`},
	{name: "partition with two indexes of the same definition detached", setup: `CREATE TABLE q (k int, UNIQUE (k)) PARTITION BY LIST (k); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); ALTER TABLE q ADD UNIQUE (k); INSERT INTO q VALUES (1);`, batch: `ALTER TABLE q DETACH PARTITION q1;`},
	{name: "partition dropped with indexes that fit each other's place", setup: `CREATE TABLE q (k int, v int, UNIQUE (k)) PARTITION BY LIST (k); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); CREATE TABLE q2 PARTITION OF q FOR VALUES IN (2) PARTITION BY LIST (k); CREATE TABLE q2a PARTITION OF q2 DEFAULT;
		CREATE UNIQUE INDEX a ON q (k DESC); CREATE INDEX b ON q (v); CREATE INDEX c ON q (v DESC NULLS LAST); CREATE INDEX own ON q1 (v); CREATE TABLE f (k int REFERENCES q (k)); COMMENT ON INDEX q1_v_idx1 IS 'its'; INSERT INTO q VALUES (1), (2); INSERT INTO f VALUES (1), (2);`, batch: `DELETE FROM f; DROP TABLE q1 CASCADE; ALTER TABLE q DETACH PARTITION q2;`},
	{name: "detached and changed", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p1 ADD x int; UPDATE p1 SET v = 100, x = 1; ALTER TABLE p1 RENAME TO archive; DROP INDEX first_v; ALTER TABLE archive DROP CONSTRAINT p1_pkey, DROP CONSTRAINT positive;`},
	{name: "detached and dropped", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION p1; DROP TABLE p1;`},
	{name: "detached and attached with another bound", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (5);`},
	{name: "detached and attached elsewhere", setup: partBase, batch: `CREATE TABLE o (LIKE p) PARTITION BY RANGE (id); ALTER TABLE p DETACH PARTITION p1; ALTER TABLE o ATTACH PARTITION p1 FOR VALUES FROM (1) TO (10);`},
	{name: "detached concurrently", setup: `CREATE TABLE q (id int, k int) PARTITION BY LIST (id); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); CREATE TABLE q2 PARTITION OF q FOR VALUES IN (2); INSERT INTO q VALUES (1, 1), (2, 2);`, batch: `ALTER TABLE q DETACH PARTITION q1 CONCURRENTLY;`},
	{name: "partition dropped", setup: partBase, batch: `DROP TABLE p1;`},
	{name: "default partition dropped", setup: partBase, batch: `DROP TABLE pd;`},
	{name: "partitioned partition dropped", setup: partBase, batch: `DROP TABLE p2;`},
	{name: "partition of a partition dropped", setup: partBase, batch: `DROP TABLE p2a;`},
	{name: "tree dropped", setup: partBase, batch: `DROP TABLE p;`},
	{name: "tree dropped with a view, CASCADE", setup: partBase + `CREATE VIEW w AS SELECT * FROM p; CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM p1;`, batch: `DROP TABLE p CASCADE;`},
	{name: "partition replaced by a table of its name", setup: partBase, batch: `DROP TABLE p1; CREATE TABLE p1 (a int); INSERT INTO p1 VALUES (1);`},
	{name: "partition dropped and made again", setup: partBase, batch: `DROP TABLE p1; CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10); INSERT INTO p VALUES (5, 'a', 5);`},
	{name: "made and dropped", setup: partBase, batch: `CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30); DROP TABLE p3;`, same: true},

	{name: "column added", setup: partBase, batch: `ALTER TABLE p ADD x int NOT NULL DEFAULT 5; UPDATE p2a SET x = 6;`},
	{name: "column added, and one to a partition made", setup: partBase, batch: `ALTER TABLE p ADD x int; CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30);`},
	{name: "column of a new type added and a table attached", setup: partBase, batch: `CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE p ADD m mood DEFAULT 'ok'; CREATE TABLE n (LIKE p INCLUDING ALL); ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (30) TO (40);`},
	{name: "column dropped", setup: partBase, batch: `ALTER TABLE p DROP v;`},
	{name: "column renamed", setup: partBase, batch: `ALTER TABLE p RENAME v TO value;`},
	{name: "columns swapped names", setup: partBase + `ALTER TABLE p ADD w int;`, batch: `ALTER TABLE p RENAME v TO x; ALTER TABLE p RENAME w TO v; ALTER TABLE p RENAME x TO w;`},
	{name: "column renamed and partition detached", setup: partBase, batch: `ALTER TABLE p RENAME v TO value; ALTER TABLE p DETACH PARTITION p1;`},
	{name: "partition detached and column renamed", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p RENAME v TO value;`},
	{name: "column renamed and a table attached", setup: partBase + `CREATE TABLE n (id int NOT NULL, k text NOT NULL, value int, CONSTRAINT positive CHECK (id > 0));`, batch: `ALTER TABLE p RENAME v TO value; ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (30) TO (40);`, refused: "came under public.p when column v"},
	{name: "column retyped", setup: partBase, batch: `ALTER TABLE p ALTER v TYPE bigint;`},
	{name: "not null added", setup: partBase, batch: `UPDATE p SET v = 0 WHERE v IS NULL; ALTER TABLE p ALTER v SET NOT NULL;`},
	{name: "not null dropped", setup: partBase + `UPDATE p SET v = 0 WHERE v IS NULL; ALTER TABLE p ALTER v SET NOT NULL;`, batch: `ALTER TABLE p ALTER v DROP NOT NULL; INSERT INTO p VALUES (3, 'x', NULL);`},
	{name: "not null added, which some partitions had", setup: partBase + `ALTER TABLE p1 ALTER v SET NOT NULL; ALTER TABLE p2z ALTER v SET NOT NULL;`, batch: `DELETE FROM p WHERE v IS NULL; ALTER TABLE p ALTER v SET NOT NULL;`},
	{name: "not null dropped, which some partitions declare", setup: partBase + `UPDATE p SET v = 0 WHERE v IS NULL; ALTER TABLE p ALTER v SET NOT NULL; ALTER TABLE p1 ALTER v SET NOT NULL; ALTER TABLE p2a ALTER v SET NOT NULL;`, batch: `ALTER TABLE p ALTER v DROP NOT NULL;`},
	{since: postgres18, name: "not null declared by a partition too", setup: partBase + `UPDATE p SET v = 0 WHERE v IS NULL; ALTER TABLE p ALTER v SET NOT NULL;`, batch: `ALTER TABLE p2 ALTER v SET NOT NULL;`},
	{name: "not null of a partition that was attached, dropped", setup: partBase + `CREATE TABLE n (id int NOT NULL, k text NOT NULL, v int NOT NULL, CONSTRAINT positive CHECK (id > 0)); DELETE FROM p WHERE v IS NULL; ALTER TABLE p ALTER v SET NOT NULL; ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (30) TO (40);`, batch: `ALTER TABLE p ALTER v DROP NOT NULL;`},
	{name: "partition detached, its not null declared", setup: partBase + `UPDATE p SET v = 0 WHERE v IS NULL; ALTER TABLE p ALTER v SET NOT NULL; ALTER TABLE p1 ALTER v SET NOT NULL;`, batch: `ALTER TABLE p DETACH PARTITION p1;`},
	{name: "not null of a partition", setup: partBase, batch: `ALTER TABLE p1 ALTER v SET NOT NULL;`},
	{name: "default changed", setup: partBase, batch: `ALTER TABLE p ALTER v SET DEFAULT 9; ALTER TABLE p ALTER k DROP DEFAULT;`},
	{name: "default of a partition changed", setup: partBase, batch: `ALTER TABLE p2a ALTER v SET DEFAULT 9; ALTER TABLE pd ALTER k DROP DEFAULT;`},
	{name: "settings of a partition's column", setup: partBase, batch: `ALTER TABLE p1 ALTER k SET STORAGE EXTERNAL, ALTER v SET STATISTICS 9; ALTER TABLE p1 SET (fillfactor = 90); ALTER TABLE p1 SET UNLOGGED;`},

	{name: "index added", setup: partBase, batch: `CREATE INDEX p_kv ON p (k, v);`},
	{name: "index dropped", setup: partBase, batch: `DROP INDEX p_v;`},
	{name: "index dropped and made otherwise", setup: partBase, batch: `DROP INDEX p_v; CREATE INDEX p_v ON p (v DESC) WHERE v > 3;`},
	{name: "index renamed", setup: partBase, batch: `ALTER INDEX p_v RENAME TO p_by_v; ALTER INDEX first_v RENAME TO p1_by_v;`},
	{name: "index added to a partition", setup: partBase, batch: `CREATE INDEX more ON p1 (k); CREATE INDEX mid ON p2 (k);`},
	{name: "index dropped from a partition", setup: partBase + `CREATE INDEX more ON p1 (k); CREATE INDEX mid ON p2 (k);`, batch: `DROP INDEX more; DROP INDEX mid;`},
	{name: "index on the parent alone", setup: partBase, batch: `CREATE INDEX bare ON ONLY p (k);`},
	{name: "index on the parent alone dropped", setup: partBase + `CREATE INDEX bare ON ONLY p (k);`, batch: `DROP INDEX bare;`},
	{name: "index on the parent alone, partition dropped", setup: partBase + `CREATE INDEX bare ON ONLY p (k); CREATE INDEX bare1 ON p1 (k); ALTER INDEX bare ATTACH PARTITION bare1;`, batch: `DROP TABLE pd; ALTER TABLE p DETACH PARTITION p1;`},
	{name: "index on the parent alone dropped that has no partitions any more", setup: `CREATE TABLE p (k integer) PARTITION BY HASH (k); CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0); CREATE INDEX bare ON ONLY p (k); DROP TABLE p1;`, batch: `DROP INDEX bare;`},
	{name: "index on the parent alone dropped to which its parts came with their tables", setup: `CREATE TABLE p (k integer) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX bare ON ONLY p (k); ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p ATTACH PARTITION p1 DEFAULT;`, batch: `DROP INDEX bare;`,
		refused: "index public.bare has to be made anew, and would be valid, which it was not"},
	{name: "partition dropped of an index to which its parts came with their tables", setup: `CREATE TABLE p (k integer) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX bare ON ONLY p (k); ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p ATTACH PARTITION p1 DEFAULT; INSERT INTO p VALUES (1);`, batch: `DROP TABLE p1;`},
	{name: "last part attached to an index", setup: partBase + `CREATE INDEX bare ON ONLY p2 (k); CREATE INDEX bare1 ON p2a (k); CREATE INDEX bare2 ON p2z (k); ALTER INDEX bare ATTACH PARTITION bare1;`, batch: `ALTER INDEX bare ATTACH PARTITION bare2;`},
	{name: "part attached to an index", setup: partBase + `CREATE INDEX bare ON ONLY p (k); CREATE INDEX bare1 ON p1 (k);`, batch: `ALTER INDEX bare ATTACH PARTITION bare1;`},
	{name: "index put together", setup: partBase, batch: `CREATE INDEX bare ON ONLY p2 (k); CREATE INDEX bare1 ON p2a (k); CREATE INDEX bare2 ON p2z (k); ALTER INDEX bare ATTACH PARTITION bare1; ALTER INDEX bare ATTACH PARTITION bare2;`},
	{name: "unique constraint added", setup: partBase, batch: `ALTER TABLE p ADD CONSTRAINT p_u UNIQUE (id, v, k);`},
	{name: "unique constraint dropped", setup: partBase + `ALTER TABLE p ADD CONSTRAINT p_u UNIQUE (id, v, k);`, batch: `ALTER TABLE p DROP CONSTRAINT p_u;`},
	{name: "primary key dropped", setup: partBase, batch: `ALTER TABLE p DROP CONSTRAINT p_pkey;`},
	{name: "primary key renamed", setup: partBase, batch: `ALTER TABLE p RENAME CONSTRAINT p_pkey TO p_key; ALTER TABLE p1 RENAME CONSTRAINT p1_pkey TO p1_key;`},
	{name: "check added", setup: partBase, batch: `ALTER TABLE p ADD CONSTRAINT small CHECK (id < 1000);`},
	{name: "check dropped", setup: partBase, batch: `ALTER TABLE p DROP CONSTRAINT positive;`},
	{name: "check renamed", setup: partBase, batch: `ALTER TABLE p RENAME CONSTRAINT positive TO above_zero;`},
	{name: "check not valid added and validated", setup: partBase, batch: `ALTER TABLE p ADD CONSTRAINT small CHECK (id < 1000) NOT VALID;`, more: []string{`ALTER TABLE p VALIDATE CONSTRAINT small;`}},
	{name: "check of a partition", setup: partBase + `ALTER TABLE p2 ADD CONSTRAINT old CHECK (v < 50);`, batch: `ALTER TABLE p1 ADD CONSTRAINT small CHECK (v < 100); ALTER TABLE p2 DROP CONSTRAINT old;`},
	{name: "trigger added", setup: partBase, batch: `CREATE TRIGGER tr2 BEFORE UPDATE ON p FOR EACH ROW EXECUTE FUNCTION note();`},
	{name: "trigger dropped", setup: partBase, batch: `DROP TRIGGER tr ON p;`},
	{name: "trigger renamed", setup: partBase, since: 150000, batch: `ALTER TRIGGER tr ON p RENAME TO tr_new;`},
	{name: "trigger switched", setup: partBase, since: 150000, batch: `ALTER TABLE p ENABLE REPLICA TRIGGER tr;`},
	{name: "trigger of a partition switched", setup: partBase, since: 150000, batch: `ALTER TABLE p1 DISABLE TRIGGER tr; ALTER TABLE ONLY p2 DISABLE TRIGGER tr;`},
	{name: "trigger of a partition", setup: partBase, batch: `CREATE TRIGGER own BEFORE UPDATE ON p1 FOR EACH ROW EXECUTE FUNCTION note();`},
	{name: "policy and row security", setup: partBase, batch: `CREATE POLICY po ON p USING (id > 3); ALTER TABLE p ENABLE ROW LEVEL SECURITY; CREATE POLICY po ON p1 USING (id > 4); ALTER TABLE p1 ENABLE ROW LEVEL SECURITY;`},
	{name: "policy dropped", setup: partBase + `CREATE POLICY po ON p USING (id > 3); CREATE POLICY po ON p1 USING (id > 4);`, batch: `DROP POLICY po ON p; DROP POLICY po ON p1;`},
	{name: "statistics", setup: partBase, batch: `CREATE STATISTICS st ON k, v FROM p;`},

	{name: "parent renamed", setup: partBase, batch: `ALTER TABLE p RENAME TO parent; ALTER TABLE p1 RENAME TO child;`},
	{name: "parent moved", setup: partBase, batch: `ALTER TABLE p SET SCHEMA other;`},
	{name: "partition moved", setup: partBase, batch: `ALTER TABLE p1 SET SCHEMA other; ALTER TABLE p2 SET SCHEMA other;`},
	{name: "names swapped", setup: partBase, batch: `ALTER TABLE p1 RENAME TO x; ALTER TABLE p2a RENAME TO p1; ALTER TABLE x RENAME TO p2a;`},
	{name: "renamed and partition dropped", setup: partBase, batch: `ALTER TABLE p RENAME TO parent; DROP TABLE p1; ALTER TABLE p2 DETACH PARTITION p2a;`},
	{name: "comments", setup: partBase, batch: `COMMENT ON TABLE p IS 'x'; COMMENT ON TABLE p1 IS NULL; COMMENT ON COLUMN p.v IS 'v'; COMMENT ON COLUMN p1.v IS 'v1'; COMMENT ON INDEX p_v IS 'i'; COMMENT ON INDEX first_v IS NULL; COMMENT ON CONSTRAINT p_pkey ON p IS 'k'; COMMENT ON CONSTRAINT p1_pkey ON p1 IS 'k1'; COMMENT ON TRIGGER tr ON p IS 't';`},
	{name: "privileges and owner", admin: "GRANT CREATE ON SCHEMA public TO team", setup: partBase, batch: `GRANT SELECT, INSERT (v) ON p TO bob; REVOKE SELECT ON p1 FROM alice; ALTER TABLE p2a OWNER TO team; GRANT UPDATE (v) ON p2 TO alice;`},

	{name: "rows changed", setup: partBase, batch: `UPDATE p SET v = v + 1;`},
	{name: "rows of one partition changed", setup: partBase, batch: `UPDATE p1 SET v = 77; DELETE FROM p1 WHERE id = 2; INSERT INTO p1 VALUES (3, 'c', 3);`},
	{name: "rows moved between partitions", setup: partBase, batch: `UPDATE p SET id = id + 15 WHERE id < 10; UPDATE p SET k = 'q' WHERE id = 11;`},
	{name: "truncated", setup: partBase, batch: `TRUNCATE p;`},
	{name: "one partition truncated", setup: partBase, batch: `TRUNCATE p2;`},
	{name: "rows changed, with a check that is not valid", setup: partBase + `ALTER TABLE p ADD CONSTRAINT small CHECK (v > 2) NOT VALID;`, batch: `DELETE FROM p WHERE id = 1; UPDATE p SET v = 5 WHERE id = 2;`},
	{name: "rows changed, one partition dropped and one made", setup: partBase, batch: `DROP TABLE p1; CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30); UPDATE p SET v = 1; ALTER TABLE p ADD x text DEFAULT 'x';`},

	{name: "foreign key to it and from it added", setup: partBase, batch: `CREATE TABLE r (id int, k text, FOREIGN KEY (id, k) REFERENCES p); CREATE TABLE s (v int PRIMARY KEY); INSERT INTO s SELECT generate_series(1, 50); ALTER TABLE p ADD FOREIGN KEY (v) REFERENCES s;`},
	{name: "foreign keys dropped", setup: partRefs, batch: `ALTER TABLE r DROP CONSTRAINT r_p; ALTER TABLE p DROP CONSTRAINT p_s;`},
	{name: "foreign keys, rows changed", setup: partRefs, batch: `DELETE FROM p WHERE id IN (1, 12); UPDATE p SET v = 7;`},
	{name: "foreign keys, partition made", setup: partRefs, batch: `CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30); INSERT INTO p VALUES (21, 'a', 21);`},
	{name: "foreign keys, partition detached", setup: partRefs, batch: `DELETE FROM r WHERE id = 1; ALTER TABLE p DETACH PARTITION p1;`},
	{name: "foreign keys, table attached", setup: partRefs + `CREATE TABLE n (LIKE p INCLUDING ALL); INSERT INTO n VALUES (30, 'n', 1); ALTER TABLE n ADD CONSTRAINT n_s FOREIGN KEY (v) REFERENCES s;`, batch: `ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (30) TO (40);`},
	{name: "foreign keys, partition dropped", setup: partRefs, batch: `ALTER TABLE r DROP CONSTRAINT r_p; DROP TABLE p1;`},
	{name: "foreign keys, tree dropped with CASCADE", setup: partRefs, batch: `DROP TABLE p CASCADE;`},
	{name: "foreign keys, column dropped", setup: partRefs + `ALTER TABLE p ADD x int;`, batch: `ALTER TABLE p DROP x;`},
	{name: "foreign key of one partition", setup: partRefs, batch: `ALTER TABLE p1 ADD CONSTRAINT own FOREIGN KEY (id) REFERENCES s (v);`},

	{name: "twice in one batch", setup: partBase, batch: `ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p ADD x int;`, more: []string{`ALTER TABLE p1 ADD x int; ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (10); ALTER TABLE p DROP x;`}},
	{name: "table partitioned", setup: `CREATE TABLE t (id int PRIMARY KEY, n text); CREATE INDEX t_n ON t (n); INSERT INTO t SELECT g, 'n' || g FROM generate_series(1, 20) g; CREATE VIEW v AS SELECT 1 AS one;`,
		batch: `ALTER TABLE t RENAME TO t_old; ALTER INDEX t_pkey RENAME TO t_old_pkey; ALTER INDEX t_n RENAME TO t_old_n; CREATE TABLE t (id int PRIMARY KEY, n text) PARTITION BY RANGE (id);
			CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (11); CREATE TABLE t_2 PARTITION OF t DEFAULT; INSERT INTO t SELECT * FROM t_old; CREATE INDEX t_n ON t (n); DROP TABLE t_old;`},
	{name: "table partitioned, the old one its first partition", setup: `CREATE TABLE t (id int PRIMARY KEY, n text); CREATE INDEX t_n ON t (n); INSERT INTO t SELECT g, 'n' || g FROM generate_series(1, 20) g;`,
		batch: `ALTER TABLE t RENAME TO t_1; CREATE TABLE t (LIKE t_1) PARTITION BY RANGE (id); ALTER TABLE t ATTACH PARTITION t_1 FOR VALUES FROM (0) TO (100); CREATE TABLE t_2 PARTITION OF t DEFAULT; ALTER TABLE t ADD PRIMARY KEY (id); INSERT INTO t VALUES (200, 'x');`},
	{name: "tree turned into a table", setup: partBase, batch: `CREATE TABLE flat (LIKE p INCLUDING ALL); INSERT INTO flat SELECT * FROM p; DROP TABLE p; ALTER TABLE flat RENAME TO p;`},
	{name: "keys by expression, operator class and collation", setup: `CREATE TABLE e (a text, b int) PARTITION BY RANGE (lower(a) COLLATE "C" text_pattern_ops, (b + 1)); CREATE TABLE e1 PARTITION OF e FOR VALUES FROM ('a', MINVALUE) TO ('n', MAXVALUE); CREATE TABLE e2 PARTITION OF e DEFAULT; INSERT INTO e VALUES ('B', 1), ('Z', 2);`, batch: `DROP TABLE e;`},
	{name: "generated columns", setup: `CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text) PARTITION BY LIST (a); CREATE TABLE g1 PARTITION OF g FOR VALUES IN (1); CREATE TABLE g2 PARTITION OF g DEFAULT; INSERT INTO g (a, c) VALUES (1, 'x'), (2, 'y');`, batch: `ALTER TABLE g DROP c;`, more: []string{`UPDATE g SET a = 3;`}},
	{since: postgres17, name: "identity column", setup: identityTree, batch: `ALTER TABLE g DROP c;`, refused: "the server would not give its partitions the identity of column id"},
	{since: postgres17, name: "identity column, rows changed", setup: identityTree, batch: `UPDATE g SET a = 3 WHERE a = 1; INSERT INTO g (a) VALUES (1);`},
	{since: postgres17, name: "identity column dropped", setup: identityTree, batch: `ALTER TABLE g DROP id;`, refused: "the server would not give its partitions the identity of column id"},
	{since: postgres17, name: "identity column of a flat tree", setup: identityFlat, batch: `ALTER TABLE g DROP c; INSERT INTO g (a) VALUES (3);`},
	{since: postgres17, name: "identity column of a flat tree dropped", setup: identityFlat, batch: `ALTER TABLE g DROP id;`},
	{since: postgres17, name: "identity column of a flat tree, of another type", setup: identityFlat, batch: `ALTER TABLE g ALTER id TYPE bigint;`},
	{since: postgres17, name: "identity column of a flat tree, partition dropped", setup: identityFlat, batch: `DROP TABLE g1;`},
	{since: postgres17, name: "identity column of a flat tree, all of it dropped", setup: identityFlat, batch: `DROP TABLE g;`},
	{until: postgres17, name: "identity column of a partition alone, column dropped", setup: ownIdentity, batch: `ALTER TABLE g DROP c; INSERT INTO g2 (a) VALUES (3);`},
	{until: postgres17, name: "identity column of a partition alone, detached", setup: ownIdentity, batch: `ALTER TABLE g DETACH PARTITION g2;`},
	{until: postgres17, name: "identity column of a partition alone, attached", setup: ownIdentity + `ALTER TABLE g DETACH PARTITION g2; `, batch: `ALTER TABLE g ATTACH PARTITION g2 DEFAULT;`},
	{since: postgres17, name: "identity taken away", setup: identityTree, batch: `ALTER TABLE g ALTER id DROP IDENTITY;`},
	{since: postgres17, name: "identity given", setup: identityTree + `ALTER TABLE g ADD n int NOT NULL DEFAULT 3; ALTER TABLE g ALTER n DROP DEFAULT; ALTER TABLE g ALTER id DROP IDENTITY; `, batch: `ALTER TABLE g ALTER n ADD GENERATED BY DEFAULT AS IDENTITY (START 100);`},
	{since: postgres17, name: "identity altered", setup: identityTree, batch: `ALTER TABLE g ALTER id SET GENERATED BY DEFAULT SET INCREMENT 7 RESTART WITH 50;`},
	{since: postgres17, name: "identity column of another type", setup: identityTree, batch: `ALTER TABLE g ALTER id TYPE bigint;`, refused: "the server would not give its partitions the identity of column id"},
	{since: postgres17, name: "identity column, partition dropped", setup: identityTree, batch: `DROP TABLE g1; DROP TABLE g2;`, refused: "the server would not give its partitions the identity of column id"},
	{since: postgres17, name: "identity column, partition detached", setup: identityTree, batch: `ALTER TABLE g DETACH PARTITION g1;`},
	{since: postgres17, name: "identity column, table attached", setup: identityTree + `CREATE TABLE g4 (c text, a int NOT NULL, id int NOT NULL); INSERT INTO g4 VALUES ('z', 4, 1); `, batch: `ALTER TABLE g ATTACH PARTITION g4 FOR VALUES IN (4);`},
	{since: postgres17, name: "identity column, partition detached that has partitions", setup: identityTree, batch: `ALTER TABLE g DETACH PARTITION g2;`, refused: "the server would not give its partitions the identity of column id"},
	{since: postgres17, name: "identity column, partition of a partition detached", setup: identityTree, batch: `ALTER TABLE g2 DETACH PARTITION g2a;`},
	{since: postgres17, name: "identity column, partition of a partition dropped", setup: identityTree, batch: `DROP TABLE g2a;`},
	{since: postgres17, name: "identity column, partitioned table attached", setup: identityTree + `CREATE TABLE g4 (c text, a int NOT NULL, id int NOT NULL) PARTITION BY LIST (a); CREATE TABLE g4a PARTITION OF g4 FOR VALUES IN (4); INSERT INTO g4 VALUES ('z', 4, 1); `, batch: `ALTER TABLE g ATTACH PARTITION g4 FOR VALUES IN (4);`, refused: "which the server cannot do, for table public.g4a is without the identity of column id"},
	{since: postgres17, name: "identity column, partition made", setup: identityTree, batch: `CREATE TABLE g4 PARTITION OF g FOR VALUES IN (4); INSERT INTO g (a) VALUES (4);`},
	{since: postgres17, name: "identity column, tree dropped", setup: identityTree, batch: `DROP TABLE g;`, refused: "the server would not give its partitions the identity of column id"},
	{since: postgres17, name: "identity column, tree made", setup: `SELECT 1`, batch: identityTree},
	{name: "serial key", setup: `CREATE TABLE g (a serial, c text) PARTITION BY RANGE (a); CREATE TABLE g1 PARTITION OF g FOR VALUES FROM (1) TO (10); INSERT INTO g (c) VALUES ('x'), ('y');`, batch: `INSERT INTO g (c) VALUES ('z'); ALTER TABLE g ALTER c TYPE varchar(9);`},
	{name: "strange names", setup: `CREATE TABLE "P ""p"".x" ("a b" int) PARTITION BY LIST ("a b"); CREATE TABLE "one%$$" PARTITION OF "P ""p"".x" FOR VALUES IN (1); INSERT INTO "one%$$" VALUES (1); CREATE INDEX "i ""i" ON "P ""p"".x" ("a b");`, batch: `DROP TABLE "one%$$"; ALTER TABLE "P ""p"".x" RENAME TO y; ALTER TABLE y RENAME "a b" TO c;`},

	{name: "attached, detached and made a parent", setup: `CREATE TABLE r (v int PRIMARY KEY); INSERT INTO r VALUES (2); CREATE TABLE q (k int PRIMARY KEY, v int REFERENCES r) PARTITION BY LIST (k); CREATE TABLE q1 (k int NOT NULL, v int); INSERT INTO q1 VALUES (1, 2);`,
		batch: `ALTER TABLE q ATTACH PARTITION q1 FOR VALUES IN (1); ALTER TABLE q DETACH PARTITION q1; CREATE TABLE c () INHERITS (q1);`},
	{name: "a parent that was a partition loses a column", setup: wasPart, batch: `ALTER TABLE q1 DROP v;`},
	{name: "function over a new column of a partition", setup: partBase, batch: `ALTER TABLE p ADD COLUMN fresh integer DEFAULT 5; CREATE FUNCTION f() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(fresh) FROM p1; END; CREATE VIEW seen AS SELECT fresh FROM p1;`},
	{since: anyServer, name: "a foreign key that was a partition's, dropped", setup: keyOfPart, batch: `ALTER TABLE q1 DROP CONSTRAINT q_v_fkey;`},
	{since: anyServer, name: "a foreign key that was a partition's, its column dropped", setup: keyOfPart, batch: `ALTER TABLE q1 DROP v;`},
	{since: anyServer, name: "a foreign key that was a partition's, its table dropped", setup: keyOfPart, batch: `DROP TABLE q1;`},
	{since: anyServer, name: "a foreign key that was a partition's, its table rewritten", setup: keyOfPart, batch: `ALTER TABLE q1 ALTER v TYPE bigint; UPDATE q1 SET k = k + 1;`},
	{since: anyServer, name: "a foreign key that was a partition's, its parent rewritten", setup: keyOfPart, batch: `ALTER TABLE r ALTER v TYPE bigint; INSERT INTO r VALUES (7);`},
	{since: anyServer, name: "a foreign key that was a partition's, in another schema", setup: keyOfPart + `CREATE SCHEMA s; ALTER TABLE q1 SET SCHEMA s;`, batch: `ALTER TABLE s.q1 DROP CONSTRAINT q_v_fkey; ALTER TABLE s.q1 SET SCHEMA public;`},
	{name: "a parent that was a partition gets other rows", setup: keyOfPart + `CREATE TABLE c (k int, v int) INHERITS (q1);`, batch: `DELETE FROM q1;`, refused: "the server cannot while table public.c inherits from public.q1"},
	{name: "keys with options dropped", setup: `CREATE TABLE q (k int, v int, CONSTRAINT u UNIQUE (k) WITH (fillfactor = 60) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT w UNIQUE (v, k) INCLUDE (v) WITH (fillfactor = 70, deduplicate_items = off)) PARTITION BY LIST (k); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); INSERT INTO q VALUES (1, 2);`,
		batch: `ALTER TABLE q DROP CONSTRAINT u, DROP CONSTRAINT w;`},
	{name: "index with options dropped", setup: `CREATE TABLE q (k int, v int) PARTITION BY LIST (k); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1); INSERT INTO q VALUES (1, 2); CREATE INDEX i ON q (k) WITH (fillfactor = 60);`, batch: `DROP INDEX i;`},
}
