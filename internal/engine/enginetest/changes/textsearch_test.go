//go:build unix

package changes_test

import "testing"

func TestTextSearch(t *testing.T) { runCases(t, "text search", textSearchCases) }

const textSearchBase = `CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false); COMMENT ON TEXT SEARCH DICTIONARY plain IS 'old';
	CREATE TEXT SEARCH CONFIGURATION conf (COPY = english); COMMENT ON TEXT SEARCH CONFIGURATION conf IS 'old';
	ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR asciiword, word WITH plain, english_stem;
	CREATE TABLE t (id integer PRIMARY KEY, a text, v tsvector GENERATED ALWAYS AS (to_tsvector('public.conf', a)) STORED);
	INSERT INTO t (id, a) VALUES (1, 'The running dogs'), (2, 'a@b.example over http://x.example/y');
	CREATE INDEX i ON t USING gin (v); CREATE INDEX j ON t USING gin (to_tsvector('public.conf', a));
	CREATE VIEW w AS SELECT id FROM t WHERE to_tsvector('public.conf', a) @@ to_tsquery('public.conf', 'dog'); CREATE SCHEMA other; `

var textSearchCases = []change{
	{name: "configuration created", setup: textSearchBase, batch: "CREATE TEXT SEARCH CONFIGURATION c2 (COPY = conf); ALTER TEXT SEARCH CONFIGURATION c2 DROP MAPPING FOR email; ALTER TABLE t ADD v2 tsvector GENERATED ALWAYS AS (to_tsvector('public.c2', a)) STORED;"},
	{name: "configuration created with a parser", setup: textSearchBase, batch: `CREATE TEXT SEARCH CONFIGURATION c2 (PARSER = "default");`},
	{name: "mapping added", setup: textSearchBase + "ALTER TEXT SEARCH CONFIGURATION conf DROP MAPPING FOR email; ", batch: "ALTER TEXT SEARCH CONFIGURATION conf ADD MAPPING FOR email WITH simple;"},
	{name: "mapping dropped", setup: textSearchBase, batch: "ALTER TEXT SEARCH CONFIGURATION conf DROP MAPPING FOR email, url, url_path;"},
	{name: "mapping changed", setup: textSearchBase, batch: "ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word, asciiword WITH english_stem, plain, simple;"},
	{name: "dictionary of a mapping replaced", setup: textSearchBase, batch: "ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING REPLACE plain WITH simple;"},
	{name: "mapping changed to a new dictionary", setup: textSearchBase, batch: "CREATE TEXT SEARCH DICTIONARY fresh (TEMPLATE = snowball, LANGUAGE = german); ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH fresh;"},
	{name: "dictionary of a mapping dropped", setup: textSearchBase, batch: "ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word, asciiword WITH english_stem; DROP TEXT SEARCH DICTIONARY plain;"},
	{name: "configuration renamed", setup: textSearchBase, batch: "ALTER TEXT SEARCH CONFIGURATION conf RENAME TO c2;"},
	{name: "configuration renamed and its mapping changed", setup: textSearchBase, batch: "ALTER TEXT SEARCH CONFIGURATION conf RENAME TO c2; ALTER TEXT SEARCH CONFIGURATION c2 ALTER MAPPING FOR word WITH simple; ALTER TEXT SEARCH DICTIONARY plain RENAME TO p2;"},
	{name: "configuration and dictionary moved", setup: textSearchBase, batch: "ALTER TEXT SEARCH CONFIGURATION conf SET SCHEMA other; ALTER TEXT SEARCH DICTIONARY plain SET SCHEMA other;"},
	{name: "owners changed", setup: textSearchBase + "GRANT CREATE ON SCHEMA public TO team; ", batch: "ALTER TEXT SEARCH CONFIGURATION conf OWNER TO team; ALTER TEXT SEARCH DICTIONARY plain OWNER TO team;"},
	{name: "comments changed", setup: textSearchBase, batch: "COMMENT ON TEXT SEARCH CONFIGURATION conf IS 'new'; COMMENT ON TEXT SEARCH DICTIONARY plain IS NULL;"},
	{name: "configuration dropped", setup: textSearchBase + "CREATE TEXT SEARCH CONFIGURATION c2 (COPY = german); COMMENT ON TEXT SEARCH CONFIGURATION c2 IS 'x'; ", batch: "DROP TEXT SEARCH CONFIGURATION c2;"},
	{name: "configuration dropped with CASCADE", setup: textSearchBase, batch: "DROP TEXT SEARCH CONFIGURATION conf CASCADE;"},
	{name: "configuration recreated differently", setup: textSearchBase, batch: "DROP TEXT SEARCH CONFIGURATION conf CASCADE; CREATE TEXT SEARCH CONFIGURATION conf (COPY = german); ALTER TABLE t ADD v tsvector GENERATED ALWAYS AS (to_tsvector('public.conf', a)) STORED;"},
	{name: "dictionary created", setup: textSearchBase, batch: "CREATE TEXT SEARCH DICTIONARY d2 (TEMPLATE = synonym, SYNONYMS = synonym_sample, CASESENSITIVE = true);"},
	{name: "option of a dictionary changed", setup: textSearchBase, batch: "ALTER TEXT SEARCH DICTIONARY plain (ACCEPT = true);"},
	{name: "options of a dictionary taken away and in another order", setup: textSearchBase, batch: "ALTER TEXT SEARCH DICTIONARY plain (STOPWORDS); ALTER TEXT SEARCH DICTIONARY plain (ACCEPT = false, STOPWORDS = german);"},
	{name: "options of a dictionary given", setup: textSearchBase + "CREATE TEXT SEARCH DICTIONARY d2 (TEMPLATE = simple); ", batch: "ALTER TEXT SEARCH DICTIONARY d2 (ACCEPT = false);"},
	{name: "dictionary recreated differently", setup: textSearchBase + "CREATE TEXT SEARCH DICTIONARY d2 (TEMPLATE = simple); COMMENT ON TEXT SEARCH DICTIONARY d2 IS 'x'; ", batch: "DROP TEXT SEARCH DICTIONARY d2; CREATE TEXT SEARCH DICTIONARY d2 (TEMPLATE = snowball, LANGUAGE = german);"},
	{name: "dictionary dropped with CASCADE", setup: textSearchBase, batch: "DROP TEXT SEARCH DICTIONARY plain CASCADE;"},
	{name: "dictionary renamed and altered", setup: textSearchBase, batch: "ALTER TEXT SEARCH DICTIONARY plain RENAME TO p2; ALTER TEXT SEARCH DICTIONARY p2 (ACCEPT = true);"},
	{name: "changed twice", setup: textSearchBase, batch: "ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH simple;", more: []string{"ALTER TEXT SEARCH CONFIGURATION conf DROP MAPPING FOR word;"}},
	{name: "created and dropped", setup: textSearchBase, batch: "CREATE TEXT SEARCH DICTIONARY d2 (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION c2 (COPY = german);", more: []string{"DROP TEXT SEARCH CONFIGURATION c2; DROP TEXT SEARCH DICTIONARY d2;"}, same: true},
	{name: "schema renamed", setup: textSearchBase + "CREATE TEXT SEARCH CONFIGURATION other.c2 (COPY = conf); ", batch: "ALTER SCHEMA other RENAME TO another;"},
	{name: "schema dropped", setup: textSearchBase + "CREATE TEXT SEARCH CONFIGURATION other.c2 (COPY = conf); CREATE INDEX k ON t USING gin (to_tsvector('other.c2', a)); ", batch: "DROP SCHEMA other CASCADE;"},
	{name: "template and parser created", superuser: true, batch: "CREATE TEXT SEARCH TEMPLATE x (INIT = dsimple_init, LEXIZE = dsimple_lexize); CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = x); CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype); CREATE TEXT SEARCH CONFIGURATION c (PARSER = p);"},
	{name: "template and parser renamed and moved", superuser: true, admin: "CREATE SCHEMA other; CREATE TEXT SEARCH TEMPLATE x (LEXIZE = dsimple_lexize); CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype); CREATE TEXT SEARCH CONFIGURATION c (PARSER = p);", batch: "ALTER TEXT SEARCH TEMPLATE x RENAME TO y; ALTER TEXT SEARCH TEMPLATE y SET SCHEMA other; ALTER TEXT SEARCH PARSER p RENAME TO q; COMMENT ON TEXT SEARCH PARSER q IS 'x';"},
	{name: "template and parser dropped with CASCADE", superuser: true, admin: "CREATE TEXT SEARCH TEMPLATE x (INIT = dsimple_init, LEXIZE = dsimple_lexize); CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = x); CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype); CREATE TEXT SEARCH CONFIGURATION c (PARSER = p); ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH d;", batch: "DROP TEXT SEARCH TEMPLATE x CASCADE; DROP TEXT SEARCH PARSER p CASCADE;"},
	{name: "template dropped by an ordinary role", admin: "CREATE SCHEMA mine AUTHORIZATION @owner; CREATE TEXT SEARCH TEMPLATE mine.x (LEXIZE = dsimple_lexize);", batch: "DROP SCHEMA mine CASCADE;", refused: "only superusers may make one"},
}
