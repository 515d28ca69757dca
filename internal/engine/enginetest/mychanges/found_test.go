//go:build unix

package mychanges_test

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// met are tables of which package myrandom met the like, where something was wrong once.
const met = `CREATE TABLE tree (id int NOT NULL PRIMARY KEY, parent int, a text, KEY by_parent (parent), CONSTRAINT tree_of FOREIGN KEY (parent) REFERENCES tree (id) ON DELETE CASCADE);
CREATE TABLE raw (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v varbinary(30) DEFAULT x'ff27005c0a0dc3', b binary(3) NOT NULL DEFAULT x'e4', a varchar(9));
CREATE TABLE bare (id int PRIMARY KEY, a int, b int);
CREATE TABLE strict (id int PRIMARY KEY, a int, b varchar(9) CHARACTER SET latin1, c text, d varchar(30), e text DEFAULT (repeat('x', 9)));
ALTER TABLE strict ALTER a DROP DEFAULT, ALTER b DROP DEFAULT, ALTER e DROP DEFAULT;
INSERT INTO strict VALUES (1, 1, 'ä', 'c', 'd', NULL), (2, 2, 'b', NULL, NULL, 'e');
CREATE TABLE olden (id int PRIMARY KEY, a varchar(9), b enum('a', 'ä') NOT NULL DEFAULT 'ä', n int) CHARSET=latin1;
ALTER TABLE olden CHARSET=utf8mb4;
ALTER TABLE olden ADD COLUMN c text, ADD COLUMN d varchar(9) CHARACTER SET latin1 COLLATE latin1_bin;
INSERT INTO olden VALUES (1, 'ä', 'ä', 1, '☃', 'ä');
CREATE TABLE older (id int PRIMARY KEY, a varchar(9) NOT NULL, b text) CHARSET=latin1;
ALTER TABLE older CHARSET=latin2;
ALTER TABLE older ADD COLUMN c varchar(9) DEFAULT 'ő', ADD COLUMN d enum('x', 'ő'), ADD KEY by_c (c);
ALTER TABLE older CHARSET=utf8mb3;
ALTER TABLE older ADD COLUMN e text, ADD COLUMN n int;
ALTER TABLE older CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
ALTER TABLE older ADD COLUMN f text, ADD COLUMN g varchar(9) CHARACTER SET latin2, ADD CONSTRAINT cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc_one CHECK (n > 0);
INSERT INTO older (id, a, c, e, f) VALUES (1, 'ä', 'ő', '☃', '😀');
CREATE TABLE counted (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a int) AUTO_INCREMENT=50;
INSERT INTO counted VALUES (1, 1);
CREATE TABLE placed (id int PRIMARY KEY, n int, a int);
CREATE FUNCTION next_place() RETURNS int READS SQL DATA RETURN (SELECT coalesce(max(n), 0) + 1 FROM placed);
CREATE TRIGGER takes_place BEFORE INSERT ON placed
	for each
	row SET NEW.n = next_place();
INSERT INTO placed (id, a) VALUES (1, 1), (2, 2);
CREATE VIEW lost AS SELECT * FROM bare;
ALTER TABLE bare DROP COLUMN b;
CREATE VIEW seen AS SELECT a FROM bare;
INSERT INTO bare VALUES (1, 1), (2, NULL);
INSERT INTO tree VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 4, NULL);
INSERT INTO raw (a) VALUES ('a'), ('b')`

var found = from(met, []change{
	{name: "a column of a table that refers to itself goes", batch: "ALTER TABLE tree DROP COLUMN a;"},
	{name: "a table that refers to itself is made again", batch: "DROP TABLE tree; CREATE TABLE tree (id bigint PRIMARY KEY);"},
	{name: "a table comes to refer to itself no more", batch: "ALTER TABLE tree DROP FOREIGN KEY tree_of, DROP COLUMN a; UPDATE tree SET parent = 77;"},
	{name: "binary defaults beside what changes", batch: "ALTER TABLE raw ADD COLUMN c int; RENAME TABLE raw TO bytes;"},
	{name: "a table with binary defaults is made again", batch: "ALTER TABLE raw DROP COLUMN a; ALTER TABLE raw ALTER COLUMN v SET DEFAULT x'00';"},
	{name: "a table goes whose view had lost what it shows", batch: "DROP TABLE bare;"},
	{name: "a view loses more of what it shows", batch: "ALTER TABLE bare DROP COLUMN a; RENAME TABLE bare TO base;"},
	{name: "a table with columns that had lost their default is made again", batch: "ALTER TABLE strict DROP COLUMN d;"},
	{name: "a column that had lost its default gets one, and another place", batch: "ALTER TABLE strict MODIFY b varchar(9) CHARACTER SET latin1 DEFAULT 'x' FIRST; UPDATE strict SET c = 'x';"},
	{name: "the primary key goes, and rows", batch: "ALTER TABLE strict DROP PRIMARY KEY; DELETE FROM strict WHERE id = 1;"},
	{name: "a table that counts from a number on is emptied", batch: "TRUNCATE counted;"},
	{name: "a column of a table goes that had another character set once", batch: "ALTER TABLE olden DROP COLUMN n;"},
	{name: "a table goes that had several character sets, one after the other", batch: "DROP TABLE older;"},
	{name: "a column of a table goes whose trigger reads the table", batch: "ALTER TABLE placed DROP COLUMN a;"},
	{name: "a column of such a table comes, and one goes", batch: "ALTER TABLE older ADD COLUMN h text, DROP COLUMN d;"},
})

// fired is a table with triggers of several moments, one of which reads the table.
const fired = `CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int, b text); CREATE TABLE log (n int);
INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y');
INSERT INTO log VALUES (0);
CREATE TRIGGER comes BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 7;
CREATE TRIGGER goes AFTER DELETE ON t FOR EACH ROW INSERT INTO log SELECT count(*) FROM t;
CREATE TRIGGER changes BEFORE UPDATE ON t FOR EACH ROW SET @n = 1`

var moments = from(fired, []change{
	{name: "one of several triggers is another", batch: "DROP TRIGGER comes; CREATE TRIGGER comes BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 8;"},
	{name: "a trigger that reads its table is another", batch: "DROP TRIGGER goes; CREATE TRIGGER goes AFTER DELETE ON t FOR EACH ROW INSERT INTO log SELECT max(a) FROM t;"},
	{name: "one of several triggers gets another moment", batch: "DROP TRIGGER comes; CREATE TRIGGER comes AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (1);"},
	{name: "a trigger uses a column that came", batch: "ALTER TABLE t ADD COLUMN c int; DROP TRIGGER comes; CREATE TRIGGER comes BEFORE INSERT ON t FOR EACH ROW SET NEW.c = 8;"},
	{name: "a trigger reads its table by a column that came", batch: "ALTER TABLE t ADD COLUMN c int; DROP TRIGGER goes; CREATE TRIGGER goes AFTER DELETE ON t FOR EACH ROW INSERT INTO log SELECT max(c) FROM t;"},
	{name: "a trigger uses a column that came, of another moment", batch: "ALTER TABLE t ADD COLUMN c int; DROP TRIGGER changes; CREATE TRIGGER changes BEFORE INSERT ON t FOR EACH ROW SET NEW.c = 8;"},
	{name: "one of several triggers goes, and rows come", batch: "DROP TRIGGER changes; INSERT INTO t (b) VALUES ('z');"},
	{name: "one of several triggers goes, and a column", batch: "DROP TRIGGER changes; ALTER TABLE t DROP COLUMN b;"},
	{name: "one of several triggers goes, and the table is another", batch: "DROP TRIGGER changes; ALTER TABLE t RENAME TO u; ALTER TABLE u ADD COLUMN c int;"},
	{name: "one of several triggers is another, and a column is wider", batch: "DROP TRIGGER changes; ALTER TABLE t MODIFY a bigint; CREATE TRIGGER changes AFTER INSERT ON t FOR EACH ROW SET @n = 2;"},
})

// taking are tables that take each other's names.
const taking = `CREATE TABLE parents (id int PRIMARY KEY, a varchar(9));
CREATE TABLE children (id int PRIMARY KEY, parent int, CONSTRAINT child_of FOREIGN KEY (parent) REFERENCES parents (id));
CREATE TABLE others (id int PRIMARY KEY, b int);
CREATE TABLE wholes (id int PRIMARY KEY, parent int, a int NOT NULL DEFAULT 1, b time(2), CONSTRAINT whole_of FOREIGN KEY (parent) REFERENCES wholes (id) ON UPDATE CASCADE);
INSERT INTO wholes (id, parent) VALUES (1, NULL), (2, 1);
INSERT INTO parents VALUES (1, 'a'), (2, 'b'); INSERT INTO children VALUES (1, 1), (2, NULL), (3, 2); INSERT INTO others VALUES (9, 9)`

var namesTaken = from(taking, []change{
	{name: "the name of a table is another one's", batch: "RENAME TABLE children TO olden, parents TO children;"},
	{name: "the name of a table is another one's, which goes first", batch: "RENAME TABLE others TO olden, children TO others;"},
	{name: "two tables change names", batch: "RENAME TABLE others TO tmp, parents TO others, tmp TO parents;"},
	{name: "two tables with foreign keys change names", batch: "RENAME TABLE children TO tmp, wholes TO children, tmp TO wholes;"},
	{name: "names of tables with foreign keys go round", batch: "RENAME TABLE parents TO tmp, wholes TO parents, children TO wholes, tmp TO children;"},
	{name: "names go round", batch: "RENAME TABLE others TO tmp, children TO others, parents TO children, tmp TO parents;"},
	{name: "the name of a table is another one's, in two statements", batch: "ALTER TABLE children RENAME olden; ALTER TABLE parents RENAME children;"},
	{name: "the name of a table is a new one's", batch: "CREATE TABLE fresh LIKE parents; INSERT INTO fresh SELECT * FROM parents; RENAME TABLE parents TO olden, fresh TO parents;"},
	{name: "the name of a table is a view's", batch: "RENAME TABLE others TO olden; CREATE VIEW others AS SELECT * FROM olden;"},
	{name: "a table gets another name and back", batch: "RENAME TABLE others TO olden, olden TO others; ALTER TABLE others ADD c int;"},
})

// cut are tables with a history that are in partitions.
const cut = `CREATE TABLE aria (k enum('a','b') DEFAULT 'b', s int, t text, m mediumtext) ENGINE=Aria WITH SYSTEM VERSIONING;
INSERT INTO aria (k, s, t) VALUES ('a', 1, 'x'), ('b', 2, NULL);
SET system_versioning_alter_history = KEEP; ALTER TABLE aria PARTITION BY KEY (s) PARTITIONS 2;
CREATE TABLE inno (k enum('a','b') DEFAULT 'b', s int, t text, m mediumtext) WITH SYSTEM VERSIONING;
INSERT INTO inno (k, s, t) VALUES ('a', 1, 'x'), ('b', 2, NULL);
ALTER TABLE inno PARTITION BY KEY (s) PARTITIONS 2;
CREATE TABLE plain (k int, s int, t text) ENGINE=Aria PARTITION BY KEY (s) PARTITIONS 2;
INSERT INTO plain VALUES (1, 2, 'x');
CREATE TABLE prices (id int PRIMARY KEY, p int) WITH SYSTEM VERSIONING;
INSERT INTO prices VALUES (1, 1); UPDATE prices SET p = 2`

var cutHistories = onMariaDB(from(cut, []change{
	{name: "an index comes to a history in partitions, Aria", batch: keepHistory + "CREATE INDEX i ON aria (t(10), m(10));"},
	{name: "an index comes to a history in partitions without keeping it, Aria", batch: "CREATE INDEX i ON aria (t(10), m(10));"},
	{name: "an index comes to a history in partitions, InnoDB", batch: "CREATE INDEX i ON inno (t(10), m(10));"},
	{name: "a column comes to a history in partitions", batch: keepHistory + "ALTER TABLE aria ADD COLUMN c int; ALTER TABLE inno ADD COLUMN c int, ADD KEY (c);"},
	{name: "options of a history", batch: keepHistory + "ALTER TABLE aria COMMENT 'x'; ALTER TABLE inno COMMENT 'y', STATS_PERSISTENT = 1; ALTER TABLE prices COMMENT 'z';"},
	{name: "an index comes to a table in partitions, Aria", batch: "CREATE INDEX i ON plain (t(10));"},
}))

// drawing are tables that draw from a sequence, one of them with triggers.
const drawing = `CREATE SEQUENCE s; CREATE SEQUENCE spare;
CREATE TABLE t (id int PRIMARY KEY, a int, n bigint NOT NULL DEFAULT nextval(s));
CREATE TABLE u (id int PRIMARY KEY, a int);
CREATE TABLE v (id int PRIMARY KEY, a int, n bigint NOT NULL DEFAULT nextval(s));
CREATE TRIGGER tt BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = NEW.a + 1;
CREATE TRIGGER ut BEFORE DELETE ON u FOR EACH ROW SET @x = 1;
INSERT INTO t (id, a) VALUES (1, 1), (2, 2); INSERT INTO u (id, a) VALUES (1, 1), (2, 2); INSERT INTO v (id, a) VALUES (1, 1), (2, 2)`

var drawn = onMariaDB(from(drawing, []change{
	{name: "rows of a table that draws, with a trigger", batch: "UPDATE t SET a = 5 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t (id) VALUES (7);"},
	{name: "rows of a table that comes to draw, with a trigger", batch: "DELETE FROM u WHERE id = 1; CREATE SEQUENCE mine; ALTER TABLE u ADD COLUMN n bigint NOT NULL DEFAULT nextval(mine);"},
	{name: "a trigger of a table that draws", batch: "DROP TRIGGER tt; CREATE TRIGGER tt BEFORE UPDATE ON t FOR EACH ROW SET NEW.n = 1; ALTER TABLE t ADD COLUMN c int;"},
	{name: "a column of a table that draws", batch: "ALTER TABLE t DROP COLUMN a; ALTER TABLE v DROP COLUMN a;"},
	{name: "a type of a table that draws", batch: "ALTER TABLE t MODIFY a varchar(1); ALTER TABLE v MODIFY a smallint; UPDATE v SET a = 3;"},
	{name: "a table draws from another sequence", batch: "ALTER TABLE t ALTER n SET DEFAULT nextval(spare); ALTER TABLE v MODIFY n bigint; DELETE FROM v;"},
	{name: "a table draws from a new sequence", batch: "CREATE SEQUENCE mine; ALTER TABLE t ALTER n SET DEFAULT nextval(mine); UPDATE t SET n = n + 50; ALTER TABLE v ALTER n SET DEFAULT nextval(mine); INSERT INTO v (id) VALUES (9);"},
	{name: "a column that draws goes, and its sequence", batch: "ALTER TABLE t DROP COLUMN n; ALTER TABLE v DROP COLUMN n; DROP SEQUENCE s;"},
	{name: "a key and a name of a table that draws", batch: "ALTER TABLE t ADD KEY (a); ALTER TABLE t RENAME COLUMN a TO b; RENAME TABLE v TO w;"},
}))

// loose are tables without a key, with columns that can be NULL.
const loose = `CREATE TABLE ints (id int, a int); INSERT INTO ints VALUES (1, 1), (2, NULL);
CREATE TABLE times (at timestamp(6) NULL, a int); INSERT INTO times VALUES (NULL, 1), ('2020-02-29', 2);
CREATE TABLE texts (id varchar(9), a int); INSERT INTO texts VALUES ('x', 1), ('y', 2);
CREATE TABLE nulls (id int, a int); INSERT INTO nulls VALUES (1, 1), (NULL, 2);
CREATE TABLE counts (id int NOT NULL, a int); INSERT INTO counts VALUES (1, 1), (2, 2)`

var keyed = from(loose, []change{
	{name: "a column that can be NULL becomes the key", batch: "ALTER TABLE ints ADD PRIMARY KEY (id);"},
	{name: "columns that can be NULL become the key", batch: "ALTER TABLE texts ADD PRIMARY KEY (id, a);"},
	{name: "a column that can be NULL becomes the key and counts", batch: "ALTER TABLE ints ADD PRIMARY KEY (id), MODIFY id int AUTO_INCREMENT;"},
	{name: "a column becomes the key, and another one comes", batch: "ALTER TABLE ints ADD COLUMN b int, ADD CONSTRAINT p PRIMARY KEY (id);"},
	{name: "a column with NULL in it becomes the key, which is another value then", batch: "SET sql_mode = ''; ALTER IGNORE TABLE nulls ADD PRIMARY KEY (id);", only: testmy.MariaDB},
	{name: "a time that can be NULL becomes the key", batch: "ALTER TABLE times ADD PRIMARY KEY (at);", only: testmy.MariaDB},
	{name: "a column that counts comes as the key", batch: "ALTER TABLE texts ADD COLUMN n int NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST; ALTER TABLE counts ADD COLUMN n int AUTO_INCREMENT, ADD PRIMARY KEY (n);"},
	{name: "a column comes as the key, and goes", batch: "ALTER TABLE texts ADD n int NOT NULL AUTO_INCREMENT UNIQUE; ALTER TABLE texts DROP n, ADD m int;"},
})

// fleeting are tables with what MariaDB loses in the next ALTER TABLE.
const fleeting = `CREATE TABLE hashed (id int AUTO_INCREMENT PRIMARY KEY, v datetime NOT NULL, w text, UNIQUE KEY k (v) USING HASH, UNIQUE KEY w (w), KEY i (v) USING HASH);
INSERT INTO hashed (v, w) VALUES ('2020-01-01', 'x'), ('2021-01-01', NULL);
CREATE TABLE was (id int AUTO_INCREMENT PRIMARY KEY, a int) ENGINE=Aria; INSERT INTO was VALUES (1, 1), (2, 2);
ALTER TABLE was ENGINE=InnoDB;
CREATE TABLE uncounted (a int) ENGINE=Aria; INSERT INTO uncounted VALUES (1), (2);
ALTER TABLE uncounted ENGINE=InnoDB`

var lostByAlter = onMariaDB(from(fleeting, []change{
	{name: "a key with hashes goes with its table", batch: "DROP TABLE hashed;"},
	{name: "a key with hashes, and rows", batch: "INSERT INTO hashed (v) VALUES ('2022-01-01'), ('2023-01-01'); DELETE FROM hashed WHERE id = 1;"},
	{name: "a key with hashes, and a column", batch: "ALTER TABLE hashed ADD COLUMN a int;"},
	{name: "a key with hashes, and a column that goes", batch: "ALTER TABLE hashed DROP COLUMN w;"},
	{name: "a key with hashes, and a counter", batch: "ALTER TABLE hashed AUTO_INCREMENT = 50;"},
	{name: "an option of another engine goes with its table", batch: "DROP TABLE was; DROP TABLE uncounted; CREATE TABLE uncounted (id int AUTO_INCREMENT PRIMARY KEY);"},
	{name: "an option of another engine, and rows", batch: "INSERT INTO was (a) VALUES (3); DELETE FROM uncounted;"},
	{name: "an option of another engine, and a column", batch: "ALTER TABLE was ADD COLUMN b int; ALTER TABLE uncounted ADD COLUMN b int, DROP COLUMN a;"},
}))

// tied are tables that foreign keys tie to each other: a chain whose names go backwards, a
// cycle, and one that refers to itself.
const tied = `CREATE TABLE z1 (id date PRIMARY KEY, v int); CREATE TABLE m2 (id int PRIMARY KEY, up date, v int, CONSTRAINT m2_of FOREIGN KEY (up) REFERENCES z1 (id) ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE c3 (id int PRIMARY KEY, up int, v int, CONSTRAINT c3_of FOREIGN KEY (up) REFERENCES m2 (id) ON UPDATE CASCADE ON DELETE SET NULL);
INSERT INTO z1 VALUES ('2020-01-01', 1), ('2021-01-01', 2);
INSERT INTO m2 VALUES (1, '2020-01-01', 1), (2, NULL, 2);
INSERT INTO c3 VALUES (1, 1, 1), (2, 2, 2), (3, NULL, 3);
CREATE TABLE ca (id int PRIMARY KEY, other int); CREATE TABLE cz (id int PRIMARY KEY, other int, CONSTRAINT cz_of FOREIGN KEY (other) REFERENCES ca (id) ON DELETE CASCADE);
ALTER TABLE ca ADD CONSTRAINT ca_of FOREIGN KEY (other) REFERENCES cz (id) ON UPDATE CASCADE;
INSERT INTO ca VALUES (1, NULL);
INSERT INTO cz VALUES (1, 1);
UPDATE ca SET other = 1;
CREATE TABLE s0 (id int PRIMARY KEY, up int, v int, CONSTRAINT s0_of FOREIGN KEY (up) REFERENCES s0 (id) ON UPDATE CASCADE); CREATE TABLE r0 (id int PRIMARY KEY, up int, CONSTRAINT r0_of FOREIGN KEY (up) REFERENCES s0 (id));
INSERT INTO s0 VALUES (1, 1, 1), (2, 1, 2);
INSERT INTO r0 VALUES (1, 2)`

// unmet are foreign keys that refer to tables which can have none, as MariaDB takes them while
// it checks nothing.
const unmet = `SET foreign_key_checks = 0;
CREATE TABLE z1 (id int PRIMARY KEY, v int) ENGINE=MyISAM; CREATE TABLE c3 (id int PRIMARY KEY, up int, CONSTRAINT c3_of FOREIGN KEY (up) REFERENCES z1 (id) ON DELETE CASCADE);
CREATE TABLE z9 (id int PRIMARY KEY, v int) PARTITION BY HASH (id) PARTITIONS 2; CREATE TABLE c9 (id int PRIMARY KEY, up int, CONSTRAINT c9_of FOREIGN KEY (up) REFERENCES z9 (id));
INSERT INTO z1 VALUES (1, 1), (2, 2);
INSERT INTO c3 VALUES (1, 1);
INSERT INTO z9 VALUES (1, 1), (2, 2);
INSERT INTO c9 VALUES (1, 1)`

// numbered is a table beside another one.
const numbered = `CREATE TABLE q (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, v int);
INSERT INTO q VALUES (7);
INSERT INTO t VALUES (1, 1)`

// hiding is a table beside one with a default that the server shows nowhere.
const hiding = `CREATE TABLE n (id int AUTO_INCREMENT PRIMARY KEY); ALTER TABLE n ALTER id SET DEFAULT 7; CREATE TABLE t (id int PRIMARY KEY, v int);
INSERT INTO n VALUES (3);
INSERT INTO t VALUES (1, 1)`

var stored = slices.Concat(from(hiding, []change{
	{name: "a table is read that could not be made again", batch: "UPDATE t SET v = (SELECT max(id) FROM n); CREATE TABLE d (id int PRIMARY KEY) AS SELECT id FROM n; ALTER TABLE t ADD COLUMN w int, ADD FOREIGN KEY (w) REFERENCES n (id); ALTER TABLE t DROP COLUMN v;"},
}), from(tied, []change{
	{name: "a chain of tables goes, and the names come with another engine", batch: "DROP TABLE c3; DROP TABLE m2; DROP TABLE z1; CREATE TABLE z1 (x int) ENGINE=MyISAM; CREATE TABLE m2 (id int PRIMARY KEY) ENGINE=MyISAM; INSERT INTO m2 VALUES (7);"},
	{name: "a table that others refer to comes again with another engine", batch: "SET foreign_key_checks = 0; DROP TABLE m2; CREATE TABLE m2 (id int PRIMARY KEY, x int) ENGINE=MyISAM;"},
	{name: "foreign keys go, and tables get another engine", batch: "ALTER TABLE c3 DROP FOREIGN KEY c3_of; ALTER TABLE m2 DROP FOREIGN KEY m2_of; ALTER TABLE m2 ENGINE=MyISAM; ALTER TABLE z1 ENGINE=MyISAM; DELETE FROM m2;"},
	{name: "foreign keys go, and a table gets partitions", batch: "ALTER TABLE c3 DROP FOREIGN KEY c3_of; ALTER TABLE m2 DROP FOREIGN KEY m2_of; ALTER TABLE m2 PARTITION BY HASH (id) PARTITIONS 2; DELETE FROM m2;"},
	{name: "a table goes, and what it referred to is made again in partitions", batch: "DROP TABLE c3; DROP TABLE m2; CREATE TABLE m2 (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2;"},
	{name: "tables that refer to each other go, and one comes with another engine", batch: "ALTER TABLE ca DROP FOREIGN KEY ca_of; DROP TABLE cz; DROP TABLE ca; CREATE TABLE cz (id int PRIMARY KEY) ENGINE=MyISAM; INSERT INTO cz VALUES (9);"},
	{name: "a table that refers to itself is made again with another engine", batch: "DROP TABLE r0; DROP TABLE s0; CREATE TABLE s0 (id int PRIMARY KEY) ENGINE=MyISAM;"},
	{name: "tables go, and one is a sequence then", batch: "DROP TABLE c3; DROP TABLE m2; DROP TABLE z1; CREATE SEQUENCE z1;", only: testmy.MariaDB},
}), from(unmet, []change{
	{name: "a table comes to be referred to, by its engine", batch: "ALTER TABLE z1 ENGINE=InnoDB;", only: testmy.MariaDB},
	{name: "a table comes to be referred to, having no partitions", batch: "ALTER TABLE z9 REMOVE PARTITIONING; DELETE FROM z9 WHERE id = 2;", only: testmy.MariaDB},
}), from(numbered, []change{
	{name: "a table is a sequence then, which a default uses", batch: "DROP TABLE q; CREATE SEQUENCE q; ALTER TABLE t ADD COLUMN w int DEFAULT (nextval(q)), DROP COLUMN v;", only: testmy.MariaDB},
	{name: "a table moves, and its name is a sequence's then", batch: "RENAME TABLE q TO qq; CREATE SEQUENCE q;", only: testmy.MariaDB},
}), from("CREATE TABLE e (id int PRIMARY KEY, p point)", []change{
	{name: "a type that only a loose mode makes the old one again, of a table without rows", batch: "SET SESSION sql_mode = ''; ALTER TABLE e MODIFY p uuid;", only: testmy.MariaDB},
}), from("CREATE TABLE e (c enum('a','b')); INSERT IGNORE INTO e VALUES ('a'), (0)", []change{
	{name: "values that a set holds, and that make no enum again", batch: "ALTER TABLE e MODIFY c set('a','b');"},
}), from("CREATE TABLE m (id int PRIMARY KEY, a varchar(9), g bigint AS (upper(a)) VIRTUAL, KEY (g)) ENGINE=MyISAM COMMENT='x'; INSERT IGNORE INTO m (id, a) VALUES (1, 'b')", []change{
	{name: "rows came in by IGNORE whose computed values are not valid", batch: "ALTER TABLE m COMMENT='';", only: testmy.MariaDB},
}))
