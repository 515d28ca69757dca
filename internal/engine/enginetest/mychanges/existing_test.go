//go:build unix

package mychanges_test

import "github.com/safemigrate/safemigrate/internal/testmy"

// parted are tables that were in partitions before the batch, with rows in several of
// them, and one to exchange with.
const parted = `CREATE TABLE by_range (y int NOT NULL, a varchar(20) DEFAULT 'd', b int, PRIMARY KEY (y), KEY by_b (b))
  PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (10) COMMENT 'old', PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN MAXVALUE);
CREATE TABLE by_list (r int, a text) PARTITION BY LIST (r) (PARTITION north VALUES IN (1, 2), PARTITION south VALUES IN (3, NULL));
CREATE TABLE by_hash (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a varchar(20)) PARTITION BY LINEAR HASH (id) PARTITIONS 2;
CREATE TABLE by_key (k varchar(9) NOT NULL, a int, UNIQUE KEY once (k)) PARTITION BY KEY (k) PARTITIONS 2;
CREATE TABLE by_two (d date NOT NULL, n int NOT NULL, a int AS (n * 2) STORED, PRIMARY KEY (d, n)) PARTITION BY RANGE COLUMNS (d) SUBPARTITION BY HASH (n)
  (PARTITION early VALUES LESS THAN ('2024-01-01') (SUBPARTITION early0, SUBPARTITION early1), PARTITION late VALUES LESS THAN (MAXVALUE) (SUBPARTITION late0, SUBPARTITION late1));
CREATE TABLE spare (y int NOT NULL, a varchar(20) DEFAULT 'd', b int, PRIMARY KEY (y), KEY by_b (b));
CREATE TRIGGER parted_up BEFORE UPDATE ON by_range FOR EACH ROW SET NEW.b = NEW.b + 1;
INSERT INTO by_range VALUES (1, 'a', 1), (11, 'b', NULL), (12, 'c', 2), (99, 'd', 3);
INSERT INTO by_list VALUES (1, 'a'), (1, 'a'), (2, NULL), (3, 'c'), (NULL, 'n');
INSERT INTO by_hash (a) VALUES ('a'), ('b'), ('c'), ('d'), ('e'), ('f');
INSERT INTO by_key VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 4), ('e', NULL);
INSERT INTO by_two (d, n) VALUES ('2020-01-01', 1), ('2020-01-01', 2), ('2030-01-01', 1), ('2030-01-01', 2);
INSERT INTO spare VALUES (13, 's', 9), (14, 't', 9)`

// partitions are batches on such tables; each does another thing to each of them.
var partitions = from(parted, []change{
	{name: "partitions go, and one comes", batch: "ALTER TABLE by_range DROP PARTITION p1; ALTER TABLE by_list TRUNCATE PARTITION north; ALTER TABLE by_hash COALESCE PARTITION 1; ALTER TABLE by_key ADD PARTITION PARTITIONS 1; ALTER TABLE by_two REMOVE PARTITIONING;"},
	{name: "a partition is exchanged, others are cut anew", batch: "ALTER TABLE by_range EXCHANGE PARTITION p1 WITH TABLE spare; ALTER TABLE by_list REORGANIZE PARTITION north INTO (PARTITION one VALUES IN (1), PARTITION two VALUES IN (2)); ALTER TABLE by_hash REMOVE PARTITIONING; ALTER TABLE by_key TRUNCATE PARTITION ALL; ALTER TABLE by_two DROP PARTITION early;"},
	{name: "a partition comes, with rows", batch: "ALTER TABLE by_range REORGANIZE PARTITION p1, p2 INTO (PARTITION p1 VALUES LESS THAN (12), PARTITION rest VALUES LESS THAN MAXVALUE); ALTER TABLE by_list ADD PARTITION (PARTITION west VALUES IN (7)); INSERT INTO by_list VALUES (7, 'w'); ALTER TABLE by_hash DROP COLUMN a; ALTER TABLE by_key REMOVE PARTITIONING; ALTER TABLE by_two TRUNCATE PARTITION early;"},
	{name: "no partitions any more", batch: "ALTER TABLE by_range REMOVE PARTITIONING; ALTER TABLE by_list REMOVE PARTITIONING; UPDATE by_list SET a = 'x'; ALTER TABLE by_hash TRUNCATE PARTITION p1; ALTER TABLE by_key COALESCE PARTITION 1; DELETE FROM by_key WHERE k = 'b'; ALTER TABLE by_two REORGANIZE PARTITION early, late INTO (PARTITION ever VALUES LESS THAN (MAXVALUE));"},
	{name: "rows in partitions", batch: "UPDATE by_range SET y = y + 10 ORDER BY y DESC; DELETE FROM by_list WHERE r = 1 LIMIT 1; UPDATE by_list SET r = 3 WHERE r = 2; DELETE FROM by_hash WHERE id > 3; INSERT INTO by_hash (a) VALUES ('z'); UPDATE by_key SET k = upper(concat(k, 'x')), a = 0; DELETE FROM by_two PARTITION (early); INSERT INTO by_two (d, n) VALUES ('2031-01-01', 7);"},
	{name: "columns of tables in partitions go", batch: "ALTER TABLE by_range DROP COLUMN a; ALTER TABLE by_list DROP COLUMN a; ALTER TABLE by_hash ADD PARTITION PARTITIONS 1; ALTER TABLE by_key DROP COLUMN a; ALTER TABLE by_two DROP COLUMN a;"},
	{name: "columns and keys come to tables in partitions", batch: "ALTER TABLE by_range ADD COLUMN c int DEFAULT 5, ADD KEY by_c (c), DROP KEY by_b; ALTER TABLE by_list ADD COLUMN c int FIRST; ALTER TABLE by_hash MODIFY a varchar(40); ALTER TABLE by_key ADD KEY by_a (a); ALTER TABLE by_two COMMENT = 'two'; ALTER TABLE by_two REBUILD PARTITION ALL;"},
	{name: "other partitions, and tables that go", batch: "ALTER TABLE by_range PARTITION BY HASH (y) PARTITIONS 2; DROP TABLE by_list, by_two; ALTER TABLE by_hash RENAME TO hashes; ALTER TABLE by_key PARTITION BY RANGE COLUMNS (k) (PARTITION all_of_it VALUES LESS THAN (MAXVALUE)); CREATE TABLE by_list (y int); ALTER TABLE spare PARTITION BY KEY (y) PARTITIONS 2;"},
	{name: "partitions become tables, and back", only: testmy.MariaDB, batch: "ALTER TABLE by_range CONVERT PARTITION p1 TO TABLE middle; UPDATE middle SET a = 'm'; ALTER TABLE by_range DROP PARTITION p2; ALTER TABLE by_range CONVERT TABLE spare TO PARTITION p4 VALUES LESS THAN (2000);"},
})

// kept are tables of every kind that is kept, beside plain ones: those in compressed pages,
// with a spatial key, and of each engine.
const kept = `CREATE TABLE packed (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a text, b int, KEY by_b (b), KEY by_a (a(10))) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4;
CREATE TABLE loose (a varchar(300), b int) ROW_FORMAT=COMPRESSED;
CREATE TABLE places (id int PRIMARY KEY, at point NOT NULL, name varchar(9), SPATIAL KEY by_at (at), KEY by_name (name));
CREATE TABLE areas (area polygon NOT NULL, n int, SPATIAL KEY (area)) ENGINE=MyISAM;
CREATE TABLE memory (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a varchar(20), KEY by_a (a) USING BTREE) ENGINE=MEMORY MAX_ROWS=1000;
CREATE TABLE commas (id int NOT NULL, a varchar(20) NOT NULL) ENGINE=CSV;
INSERT INTO packed (a, b) VALUES (repeat('a', 900), 1), (repeat('ä', 5000), NULL), (NULL, 3);
INSERT INTO loose VALUES (repeat('x', 300), 1), (repeat('x', 300), 1), (NULL, NULL);
INSERT INTO places VALUES (1, ST_GeomFromText('POINT(1 2)'), 'a'), (2, ST_GeomFromText('POINT(-1 1e10)'), NULL);
INSERT INTO areas VALUES (ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0))'), 1), (ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'), NULL);
INSERT INTO memory (a) VALUES ('a'), ('b'), (NULL);
INSERT INTO commas VALUES (1, 'a,"b'), (1, 'a,"b'), (2, '');
`

// keptElse are those of one of the products alone. ARCHIVE is no part of MariaDB's server.
var keptElse = map[testmy.Product]string{
	testmy.MariaDB: "CREATE TABLE pages (id int PRIMARY KEY, a text, b int, KEY by_b (b)) PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=3; " +
		"CREATE TABLE other (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a varchar(20) NOT NULL, FULLTEXT KEY words (a)) ENGINE=Aria TRANSACTIONAL=1; " +
		"CREATE TABLE lasting (n int, a varchar(20)) ENGINE=Aria TRANSACTIONAL=0; ",
	testmy.MySQL: "CREATE TABLE pages (id int PRIMARY KEY, a text, b int, KEY by_b (b)) COMPRESSION='zlib'; " +
		"CREATE TABLE other (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a varchar(20) NOT NULL) ENGINE=ARCHIVE; " +
		"CREATE TABLE lasting (n int, a varchar(20)) ENGINE=ARCHIVE; ",
}[testmy.Tested()] + "INSERT INTO pages SELECT id, a, b FROM packed; INSERT INTO other (a) VALUES ('ä'), ('b'), ('b'); INSERT INTO lasting VALUES (1, 'ä'), (1, 'ä'), (NULL, NULL)"

var kinds = from(kept+keptElse, []change{
	{name: "columns of tables of every kind go", batch: "ALTER TABLE packed DROP COLUMN a; ALTER TABLE loose DROP COLUMN b; ALTER TABLE pages DROP COLUMN a; ALTER TABLE places DROP COLUMN name; ALTER TABLE areas DROP COLUMN n; ALTER TABLE memory DROP COLUMN a; ALTER TABLE commas DROP COLUMN a; ALTER TABLE lasting DROP COLUMN a;"},
	{name: "rows of tables of every kind", batch: "UPDATE packed SET a = reverse(id), id = id + 10; DELETE FROM loose LIMIT 1; DELETE FROM pages WHERE id = 2; UPDATE places SET at = point(7, 7), id = id + 5; UPDATE areas SET n = 9; DELETE FROM memory WHERE id = 2; INSERT INTO memory (a) VALUES ('z'); DELETE FROM commas WHERE id = 1; INSERT INTO other (a) VALUES ('c'); INSERT INTO lasting VALUES (2, 'z'); CREATE TRIGGER last_in AFTER INSERT ON lasting FOR EACH ROW SET @n = NEW.n;"},
	{name: "tables of every kind go", batch: "DROP TABLE packed, loose, pages, places, areas, memory, commas, other, lasting;"},
	{name: "tables become of another kind", batch: "ALTER TABLE packed ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=0; ALTER TABLE loose ROW_FORMAT=COMPACT; ALTER TABLE pages ADD COLUMN c int; UPDATE pages SET c = id; ALTER TABLE places DROP KEY by_at; ALTER TABLE areas ENGINE=InnoDB; ALTER TABLE memory ENGINE=InnoDB; ALTER TABLE commas ENGINE=InnoDB; ALTER TABLE other ENGINE=InnoDB; UPDATE other SET a = 'x';"},
})

// many rows are filled in with their keys away, but not those for places.
const many = `CREATE TABLE places (id int PRIMARY KEY, at point NOT NULL, name varchar(9), SPATIAL KEY by_at (at), KEY by_name (name));
INSERT INTO places SELECT seq, point(seq, -seq), concat('n', seq) FROM `

var spatial = from(many+testmy.Numbers(10_001), []change{
	{name: "a column goes beside a spatial key", batch: "ALTER TABLE places DROP COLUMN name;"},
	{name: "rows under a spatial key", batch: "UPDATE places SET at = point(0, 0), id = id + 20000; ALTER TABLE places DROP KEY by_at;"},
})

// otherwise is how programs were made whose text reads in another way under the settings of
// the session that takes back.
const otherwise = `; SET sql_mode = 'ANSI_QUOTES';
CREATE PROCEDURE quoted() SELECT "name", 'it''s \' "x"' FROM "customers";
CREATE TRIGGER quotes BEFORE UPDATE ON customers FOR EACH ROW SET NEW."name" = concat(NEW."name", '"');
CREATE VIEW quoting AS SELECT "id", "name" AS "a b" FROM "customers";
CREATE EVENT quotes ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE DO DELETE FROM "audit" WHERE "line" = 'a\'b';
SET sql_mode = 'NO_BACKSLASH_ESCAPES';
CREATE FUNCTION slash() RETURNS varchar(9) CHARSET utf8mb4 DETERMINISTIC NO SQL RETURN '\';
CREATE TRIGGER slashes BEFORE INSERT ON items FOR EACH ROW SET NEW.article = replace(NEW.article, '\', '/');
CREATE EVENT slashes ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE DO INSERT INTO audit VALUES (NULL, 'a\');
CREATE VIEW slashing AS SELECT '\' AS s, concat(line, '\n') AS t FROM audit;
SET sql_mode = 'PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES';
CREATE PROCEDURE mixed(OUT x varchar(20)) SET x = 'a\' || "x" || '''';
SET sql_mode = DEFAULT`

var modes = from(shop+otherwise, []change{
	{name: "programs of another sql_mode go", batch: "DROP PROCEDURE quoted; DROP TRIGGER quotes; DROP VIEW quoting; DROP EVENT quotes; DROP FUNCTION slash; DROP TRIGGER slashes; DROP EVENT slashes; DROP VIEW slashing; DROP PROCEDURE mixed;"},
	{name: "programs of another sql_mode are altered", batch: "ALTER PROCEDURE quoted COMMENT 'it''s \"q\"'; ALTER FUNCTION slash SQL SECURITY INVOKER; ALTER EVENT quotes RENAME TO quoted_event; ALTER EVENT slashes COMMENT 'x'; ALTER PROCEDURE mixed READS SQL DATA; ALTER VIEW quoting AS SELECT id FROM customers; DROP TRIGGER slashes; CREATE TRIGGER slashes BEFORE INSERT ON items FOR EACH ROW SET NEW.article = replace(NEW.article, '\\\\', '/'); ALTER VIEW slashing AS SELECT '\\\\' AS s;"},
	{name: "programs of another sql_mode go with their tables", batch: "SET foreign_key_checks = 0; DROP TABLE items; DROP TABLE customers; ALTER TABLE audit DROP COLUMN line;"},
})

// from gives cases a schema of their own.
func from(schema string, cases []change) []change {
	for i := range cases {
		cases[i].schema = schema
	}
	return cases
}
