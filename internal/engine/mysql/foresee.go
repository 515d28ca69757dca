package mysql

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Query reads the catalogs for the footprint.
func (s *session) Query(ctx context.Context, text string, args ...any) ([]migrate.Row, error) {
	return s.query(ctx, text, args...)
}

// spelled puts what a batch prepares into the place of the EXECUTE that runs it,
// where its own literals tell the text.
func (d *DB) spelled(ctx context.Context, scripts []migrate.Script) ([]migrate.Script, error) {
	rows, err := d.ledger.query(ctx, `SELECT lower(routine_name) FROM information_schema.routines WHERE routine_schema = database()
		UNION SELECT lower(table_name) FROM information_schema.views WHERE table_schema = database()`)
	if err != nil {
		return nil, fmt.Errorf("list views and routines: %w", err)
	}
	hides := map[string]bool{}
	for _, r := range rows {
		hides[r.Text(0)] = true
	}
	return footprint.Spell(scripts, func(name string) bool { return hides[name] }), nil
}

// foresight is what the text of a batch tells together with the schema: by its
// words, which name whatever they touch, and by its grammar, which tells what
// happens to it. A table is left out where either says that nothing of it can go.
func (d *DB) foresight(ctx context.Context, s catalog.State, scripts []migrate.Script) (before, *footprint.Footprint, error) {
	b := d.byWords(s, scripts)
	if err := d.openApp(ctx); err != nil { // its sql_mode is the statements'
		return b, nil, err
	}
	facts, err := footprint.Read(ctx, d.app)
	if err != nil {
		return b, nil, err
	}
	f := footprint.Of(facts, scripts)
	if len(f.Whole) > 0 {
		if b.Any == "" {
			b.Any = f.Whole[0].Why
		}
		return b, f, nil
	}
	b.Touched = slices.DeleteFunc(b.Touched, func(name string) bool { return f.Tables[name] == nil || !writes(f.Tables[name]) })
	mentioned := slices.Clone(b.Endangered)
	b.Endangered = slices.DeleteFunc(b.Endangered, func(name string) bool {
		t := f.Tables[name]
		return !slices.Contains(b.Touched, name) && (t == nil || !t.Destroys() && !t.Renamed && !t.Rewrites) && onlyAdds(name, scripts)
	})
	d.noteAdditions(s, &b, minus(mentioned, b.Endangered), scripts)
	b.rehearsals, b.Broken = map[string]*rehearsal{}, map[string][]string{}
	d.spare(s, f, &b, scripts)
	err = d.partly(ctx, s, f, &b, scripts)
	return b, f, err
}

// What stands in quotes is written as q, what stands in parentheses not at all.
var (
	literals    = regexp.MustCompile("`(?:[^`]|``)*`|'(?:[^'\\\\]|''|\\\\.)*'|\"(?:[^\"\\\\]|\"\"|\\\\.)*\"")
	parentheses = regexp.MustCompile(`\([^()]*\)`)
	addsTo      = regexp.MustCompile(`(?is)^\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?\S+\s+(ADD\s.*)$`)
	addition    = regexp.MustCompile(`(?is)^\s*ADD\s+(?:COLUMN|INDEX|KEY|UNIQUE|FULLTEXT|CONSTRAINT|FOREIGN|q|\w+\s+\w+)\b`)
	different   = regexp.MustCompile(`(?i)^\s*ADD\s+(?:PARTITION|SYSTEM|PERIOD|(?:CONSTRAINT\s+(?:\S+\s+)?)?PRIMARY)\b`) // a primary key has its columns hold no NULL
)

// onlyAdds reports whether what a batch adds to a table is all that it does to its
// definition: that goes back without a row being kept. What is written in another
// way than is known here does not only add.
func onlyAdds(name string, scripts []migrate.Script) bool {
	for _, script := range scripts {
		for _, st := range script.Statements {
			alters := strings.HasPrefix(st.Verb, "ALTER TABLE") || strings.HasPrefix(st.Verb, "DROP INDEX")
			if alters && wordsOf(st.Text)[strings.ToLower(name)] && !isAddition(st.Text) && !altersAnother(st, name) {
				return false
			}
		}
	}
	return true
}

// altersAnother reports whether an ALTER TABLE is one of another table, and reaches no more
// than that: a column or a key can have the name of a table.
func altersAnother(st sqltext.Statement, name string) bool {
	tokens := st.Tokens()
	at := sqltext.After(tokens, 2, "IF", "EXISTS")
	return len(tokens) > at+1 && tokens[0].Is("ALTER") && tokens[1].Is("TABLE") && !tokens[at+1].Is(".") && !strings.EqualFold(tokens[at].Value(), name) &&
		!sqltext.Has(tokens[at+1:], "EXCHANGE", "UNION", "SELECT") && !renamesTable(tokens)
}

// renamesTable reports whether a statement may give a table another name.
func renamesTable(tokens []sqltext.Token) bool {
	for i, t := range tokens {
		if t.Is("RENAME") && (i+1 >= len(tokens) || !tokens[i+1].Is("COLUMN", "INDEX", "KEY")) {
			return true
		}
	}
	return false
}

func isAddition(text string) bool {
	text = literals.ReplaceAllString(text, "q")
	for before := ""; before != text; {
		before, text = text, parentheses.ReplaceAllString(text, "")
	}
	m := addsTo.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	for clause := range strings.SplitSeq(m[1], ",") {
		if !addition.MatchString(clause) || different.MatchString(clause) {
			return false
		}
	}
	return true
}

// writes reports whether rows of a table, or their values, may be others after
// the batch.
func writes(t *footprint.Touched) bool {
	if t.Inserts || t.Deletes || t.Updates || t.Dropped || t.Renamed || t.Rewrites {
		return true
	}
	for _, v := range t.Columns {
		if v != migrate.AddedTo && v != migrate.Untouched {
			return true
		}
	}
	return false
}
