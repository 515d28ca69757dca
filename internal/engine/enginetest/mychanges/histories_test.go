//go:build unix

package mychanges_test

import "github.com/safemigrate/safemigrate/internal/testmy"

const keepHistory = "SET system_versioning_alter_history = KEEP; "

// histories are changes of tables that keep their older rows: these come back, each with its
// time.
var histories = onMariaDB([]change{
	{name: "a history grows", batch: "UPDATE prices SET p = p + 1; INSERT INTO prices (id, p) VALUES (9, 9);"},
	{name: "rows go into their history", batch: "DELETE FROM prices WHERE id = 2;"},
	{name: "all rows go into their history", batch: "DELETE FROM prices; DELETE FROM terms;"},
	{name: "a history is forgotten", batch: "DELETE HISTORY FROM prices;"},
	{name: "a history is forgotten up to now", batch: "DELETE HISTORY FROM terms BEFORE SYSTEM_TIME now(6);"},
	{name: "a column that has no history", batch: "UPDATE prices SET note = 'z';"},
	{name: "a table with a history is dropped", batch: "DROP TABLE prices; DROP TABLE terms;"},
	{name: "a table with a history is dropped and made again", batch: "DROP TABLE prices; CREATE TABLE prices (id int PRIMARY KEY, p int);"},
	{name: "a column comes to a history", batch: keepHistory + "ALTER TABLE prices ADD COLUMN q int DEFAULT 5;"},
	{name: "an index comes to a history", batch: keepHistory + "ALTER TABLE prices ADD KEY by_note (note); ALTER TABLE prices DROP KEY by_p;"},
	{name: "a column comes to a history, and rows", batch: keepHistory + "ALTER TABLE prices ADD COLUMN q int; UPDATE prices SET q = p;"},
	{name: "a column of a history goes", batch: keepHistory + "ALTER TABLE prices DROP COLUMN p; ALTER TABLE terms DROP COLUMN w, ADD COLUMN v int;"},
	{name: "a column of a history gets another type", batch: keepHistory + "ALTER TABLE prices MODIFY p varchar(20); ALTER TABLE terms MODIFY w char(1);"},
	{name: "a history ends", batch: "ALTER TABLE prices DROP SYSTEM VERSIONING;"},
	{name: "a history begins", batch: "ALTER TABLE items ADD SYSTEM VERSIONING; UPDATE items SET article = 'x'; DELETE FROM items WHERE n = 2;"},
	{name: "a history begins and nothing else", batch: "ALTER TABLE audit ADD SYSTEM VERSIONING;"},
	{name: "a table with a history is renamed", batch: "RENAME TABLE prices TO costs; ALTER TABLE terms RENAME TO words;"},
	{name: "a table with a history takes another's place", batch: "CREATE TABLE new_prices LIKE prices; INSERT INTO new_prices SELECT * FROM prices; RENAME TABLE prices TO old_prices, new_prices TO prices;"},
})

func onMariaDB(cases []change) []change {
	for i := range cases {
		cases[i].only = testmy.MariaDB
	}
	return cases
}
