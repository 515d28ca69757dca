package hazard

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// statement judges one statement, and carries what is known on behind it.
func (b *book) statement(st sqltext.Statement) {
	tokens := st.Tokens()
	if len(tokens) == 0 {
		return
	}
	if st.Traits.Has(sqltext.NoWayBack) {
		b.hazardf("outside-way-back", nil, "what %s does lies outside any snapshot of this database", st.Verb)
	}
	switch {
	case tokens[0].Is("ALTER"):
		if i := sqltext.After(tokens, 1, "ONLINE", "OFFLINE", "IGNORE"); i < len(tokens) && tokens[i].Is("TABLE") {
			b.alterTable(tokens, i+1)
		}
	case tokens[0].Is("CREATE"):
		b.create(tokens, sqltext.After(tokens, 1, "OR", "REPLACE", "ONLINE", "OFFLINE"))
	case tokens[0].Is("DROP"):
		b.drop(tokens, sqltext.After(tokens, 1, "ONLINE", "OFFLINE"))
	case tokens[0].Is("RENAME"):
		b.rename(tokens)
	case tokens[0].Is("TRUNCATE"):
		if t, _, _ := b.name(tokens, sqltext.After(tokens, 1, "TABLE")); t != nil {
			b.lock(t, exclusive, readsAndWrite, "")
			b.hazardf("truncate", t, "every row of %s goes", t.name)
		}
	case tokens[0].Is("OPTIMIZE"):
		for _, one := range sqltext.Divide(tokens[sqltext.After(tokens, 1, "NO_WRITE_TO_BINLOG", "LOCAL", "TABLE", "TABLES"):]) {
			if t, _, _ := b.name(one, 0); t != nil {
				b.apply(t, rebuilds, "OPTIMIZE TABLE writes "+t.name+" anew")
			}
		}
	case tokens[0].Is("LOCK") && len(tokens) > 1 && tokens[1].Is("TABLE", "TABLES"):
		b.hazardf("lock-table", nil, "LOCK TABLES holds its tables until they are unlocked")
	case tokens[0].Is("SET"):
		b.setting(tokens)
	case tokens[0].Is("UPDATE", "DELETE"):
		b.write(tokens)
	}
}

// create judges CREATE INDEX, TRIGGER and TABLE.
func (b *book) create(tokens []sqltext.Token, i int) {
	sort := i
	i = sqltext.After(tokens, i, "UNIQUE", "FULLTEXT", "SPATIAL", "TEMPORARY")
	if i >= len(tokens) {
		return
	}
	switch {
	case tokens[i].Is("INDEX"):
		for j := i; j+1 < len(tokens); j++ {
			if tokens[j].Is("ON") {
				if t, _, _ := b.name(tokens, j+1); t != nil {
					b.apply(t, b.index(t, tokens[sort:i]), "the index is built")
				}
				return
			}
		}
	case sqltext.Has(tokens[:i+1], "TEMPORARY"):
	case tokens[i].Is("TABLE"):
		i = sqltext.After(tokens, i+1, "IF", "NOT", "EXISTS")
		old, name, next := b.name(tokens, i)
		if old != nil && !sqltext.Has(tokens[:i], "REPLACE") {
			return
		}
		if old != nil {
			b.lock(old, exclusive, readsAndWrite, "")
			b.hazardf("table-dropped", old, "%s is dropped and made anew, without its rows", old.name)
		}
		body := tokens[min(next, len(tokens)):]
		if !sqltext.Has(body, "LIKE", "SELECT") && !sqltext.Has(body, "PRIMARY") {
			b.hazardf("no-primary-key", nil, "%s has no primary key", name)
		}
		b.tables[b.key(name)] = &table{name: name, innodb: true, made: true, column: map[string]*column{}}
	case sqltext.Has(tokens, "TRIGGER"):
		for j := i; j+1 < len(tokens); j++ {
			if tokens[j].Is("ON") {
				if t, _, _ := b.name(tokens, j+1); t != nil {
					b.lock(t, exclusive, moment, "")
					b.hazardf("trigger-added", t, "from now on every %s runs what the trigger says", t.name)
				}
				return
			}
		}
	}
}

// drop judges DROP TABLE, VIEW and INDEX.
func (b *book) drop(tokens []sqltext.Token, i int) {
	if i >= len(tokens) || sqltext.Has(tokens[:i+1], "TEMPORARY") {
		return
	}
	switch {
	case tokens[i].Is("TABLE", "TABLES"):
		for _, one := range sqltext.Divide(tokens[sqltext.After(tokens, i+1, "IF", "EXISTS"):]) {
			t, _, _ := b.name(one, 0)
			if t == nil {
				continue
			}
			b.lock(t, exclusive, readsAndWrite, "")
			b.hazardf("table-dropped", t, "%s goes, with about %d rows", t.name, t.rows)
			delete(b.tables, b.key(t.name))
		}
	case tokens[i].Is("VIEW"):
		for _, one := range sqltext.Divide(tokens[sqltext.After(tokens, i+1, "IF", "EXISTS"):]) {
			if t, _, _ := b.name(one, 0); t != nil && !t.made {
				b.hazardf("view-dropped", t, "who reads %s fails", t.name)
			}
		}
	case tokens[i].Is("INDEX"):
		for j := i; j+1 < len(tokens); j++ {
			if tokens[j].Is("ON") {
				t, _, _ := b.name(tokens, j+1)
				b.apply(t, instant, "")
				return
			}
		}
	}
}

// rename judges RENAME TABLE a TO b, c TO d.
func (b *book) rename(tokens []sqltext.Token) {
	i := sqltext.After(tokens, 1, "TABLE", "TABLES", "IF", "EXISTS")
	for _, one := range sqltext.Divide(tokens[min(i, len(tokens)):]) {
		t, _, next := b.name(one, 0)
		if next+1 >= len(one) || t == nil {
			continue
		}
		b.renamed(t, one, sqltext.After(one, next, "WAIT", "NOWAIT", "TO"))
	}
}

// renamed gives a table another name.
func (b *book) renamed(t *table, tokens []sqltext.Token, at int) {
	_, to, _ := b.name(tokens, at)
	b.lock(t, exclusive, moment, "")
	b.hazardf("table-renamed", t, "%s is called %s: who uses the old name fails", t.name, to)
	delete(b.tables, b.key(t.name))
	b.tables[b.key(to)] = t
}

// setting follows what decides about later statements.
func (b *book) setting(tokens []sqltext.Token) {
	for _, one := range sqltext.Divide(tokens[1:]) {
		var said strings.Builder
		for _, t := range one {
			said.WriteString(strings.ToUpper(t.Value()))
		}
		text := strings.NewReplacer("@@", "", "SESSION.", "", "SESSION", "", "LOCAL.", "", ":=", "=").Replace(said.String())
		switch name, value, _ := strings.Cut(text, "="); name {
		case "FOREIGN_KEY_CHECKS":
			b.checks = value == "1" || value == "ON" || value == "TRUE"
			if !b.checks {
				b.hazardf("foreign-key-checks-off", nil, "from here on rows need no parent, and deleting one cascades to nothing")
			}
		case "SQL_MODE":
			was := b.strict
			b.strict = strict(value)
			if was && !b.strict && !strings.HasPrefix(value, "@") {
				b.hazardf("strict-mode-off", nil, "from here on values that do not fit are cut, and what has no default gets one")
			}
		}
	}
}

// write judges UPDATE and DELETE without a WHERE clause or a LIMIT.
func (b *book) write(tokens []sqltext.Token) {
	if sqltext.Has(tokens, "WHERE", "LIMIT", "JOIN", "USING") {
		return
	}
	i := sqltext.After(tokens, 1, "LOW_PRIORITY", "QUICK", "IGNORE", "FROM")
	t, _, _ := b.name(tokens, i)
	if t == nil || t.view {
		return
	}
	what := "changed"
	if tokens[0].Is("DELETE") {
		what = "deleted"
	}
	b.lock(t, everyRow, writes, update)
	b.hazardf("unbounded-write", t, "every row of %s is %s and stays locked until the statement ends", t.name, what)
}
