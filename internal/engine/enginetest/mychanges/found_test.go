//go:build unix

package mychanges_test

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
