package revert_test

import "testing"

const words = `
CREATE TABLE t (a varchar(9) CHECK (a IN ('x', 'y''z', '(ARRAY[')), b varchar(5)[], c char(3), n smallint, d text, CHECK (c IN ('a', 'b') AND n IN (1, 2)),
	CHECK (a::text = ANY (ARRAY[a, 'q'::varchar(3)]::varchar[]::text[])));
CREATE INDEX i ON t (d) WHERE a IN ('x', 'y');
CREATE POLICY p ON t USING (a NOT IN ('p', 'q'));
CREATE VIEW v AS SELECT d FROM t WHERE a IN ('x', 'y') OR n::bigint = ANY ((ARRAY[1, 2])::bigint[]);
CREATE VIEW w AS SELECT (ARRAY[a, 'x'])::text[] AS r, (ARRAY[1.5, 2])::text[] AS s, (ARRAY[true])::text[] AS u, (ARRAY[now()])::date[] AS x FROM t;
CREATE RULE r AS ON UPDATE TO t WHERE new.a IN ('1', '2') DO ALSO NOTHING;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (new.a IN ('7', '8')) EXECUTE FUNCTION f();
INSERT INTO t VALUES ('x', NULL, 'a', 1, 'd');
`

// TestArraysThatAreCast brings definitions back whose printed text the server
// reads as something else that is equal.
func TestArraysThatAreCast(t *testing.T) {
	runExamples(t, []example{
		{name: "rebuilt", setup: words, batch: `ALTER TABLE t DROP b`, ways: "public.t rebuilt"},
		{name: "brought back", setup: words, batch: `DROP TABLE t CASCADE`, ways: "public.t brought back"},
	})
}
