package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// A server makes of the text that it shows of a table not always the same table. What it
// makes is looked at before the first statement of a batch, not when there is nothing else
// any more than the text.

// remaking are the tables that the way back may have to make again, or to prove a change of
// on one without rows: none that a batch only reads.
func remaking(b before, f *footprint.Footprint, scope []string) []string {
	return append(slices.DeleteFunc(slices.Clone(b.Mentioned), func(name string) bool {
		return b.Any == "" && f.Tables[name] == nil && !slices.Contains(b.Endangered, name)
	}), scope...)
}

// remakeable refuses tables that could not be made again as they are.
func (d *DB) remakeable(ctx context.Context, s catalog.State, tables []string) error {
	tables = slices.Compact(slices.Sorted(slices.Values(tables)))
	wrong, err := d.defaulted(ctx, s, tables)
	if err != nil {
		return err
	}
	wrong = append(wrong, drawsTwice(s, tables)...)
	defer d.dropTwin(ctx)
	for _, name := range tables {
		why, err := d.differs(ctx, s.Objects[catalog.Table+" "+name])
		if err != nil {
			return fmt.Errorf("prove that table %s can be made again: %w", name, err)
		}
		if why != "" {
			wrong = append(wrong, fmt.Sprintf("table %s could not be made again as it is (%s)", name, why))
		}
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// drawsTwice finds tables whose rows nobody can write under LOCK TABLES, for that locks each
// sequence for one default of a table.
func drawsTwice(s catalog.State, tables []string) (found []string) {
	for _, name := range tables {
		if sequence := catalog.DrawsTwice(s.Objects[catalog.Table+" "+name].Create); sequence != "" {
			found = append(found, fmt.Sprintf("table %s draws more than one value out of sequence %s by its defaults, and the server writes no row of such a table under LOCK TABLES", name, sequence))
		}
	}
	return found
}

// overlong finds foreign keys with a name that nobody can give them: MariaDB makes one up of
// that of the table, however long it gets. They stay where a table only gets something more.
func overlong(s catalog.State, tables []string) (found []string) {
	for _, name := range tables {
		all, _ := catalog.References(s.Objects[catalog.Table+" "+name].Create)
		for _, r := range all {
			if utf8.RuneCountInString(r.Name) > catalog.LongestName {
				found = append(found, fmt.Sprintf("foreign key %s of table %s has a longer name than the server takes, so that it could not be made again: give it another one by hand, with DROP FOREIGN KEY and ADD CONSTRAINT", r.Name, name))
			}
		}
	}
	return found
}

// differs makes a table without rows of the text of another one, and says in what it is not
// the same. Foreign keys are left out: to make them would lock the tables that they refer to.
func (d *DB) differs(ctx context.Context, o catalog.Object) (how string, err error) {
	text := d.asTwin(o.Create)
	making := append([]string{"DROP TABLE IF EXISTS " + twin}, d.again(twin, text)...)
	if err := d.own.exec(ctx, strings.Join(making, ";\n")); err != nil {
		if told, refused := refusal(err); refused {
			return told.Message, nil
		}
		return "", err
	}
	is, err := d.own.definition(ctx, twin)
	return catalog.Difference(text, is), err
}

// looking is a view that shows what a definition hides, and mostJoined how many tables the
// server joins in one.
const (
	looking    = ours + "looking"
	mostJoined = 60
)

// defaulted finds columns that count by themselves and have a default all the same, or have
// lost even that of such a column, 0: ALTER … SET DEFAULT does that, and the server shows it
// of a view over the table alone.
func (d *DB) defaulted(ctx context.Context, s catalog.State, tables []string) (found []string, err error) {
	counting := slices.DeleteFunc(slices.Clone(tables), func(name string) bool { return catalog.Counting(s.Objects[catalog.Table+" "+name].Create) == "" })
	defer d.own.exec(context.WithoutCancel(ctx), "DROP VIEW IF EXISTS "+looking) //nolint:errcheck // the next one replaces it
	for some := range slices.Chunk(counting, mostJoined) {
		columns, from := make([]string, len(some)), make([]string, len(some))
		for i, name := range some {
			alias := "t" + strconv.Itoa(i)
			columns[i] = alias + "." + quote(catalog.Counting(s.Objects[catalog.Table+" "+name].Create)) + " AS " + alias
			from[i] = quote(name) + " AS " + alias
		}
		if err := d.own.exec(ctx, "CREATE OR REPLACE VIEW "+looking+" AS SELECT "+strings.Join(columns, ", ")+" FROM "+strings.Join(from, ", ")); err != nil {
			return nil, fmt.Errorf("look for defaults: %w", err)
		}
		rows, err := d.own.query(ctx, "SELECT column_default FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position", d.name, looking)
		if err != nil || len(rows) != len(some) {
			return nil, errors.Join(err, wants(len(rows) == len(some), "look for defaults: the server does not tell them"))
		}
		for i, r := range rows {
			if r[0] == nil || strings.Trim(*r[0], "0.") != "" {
				found = append(found, fmt.Sprintf(shownNowhere, some[i], catalog.Counting(s.Objects[catalog.Table+" "+some[i]].Create))+": MODIFY COLUMN takes it away")
			}
		}
	}
	return found, nil
}

const shownNowhere = "table %s: a default of %s, which counts by itself, is shown by the server nowhere, so that it could not be brought back"

// defaults lists the columns to which a statement gives a default, or whose it takes away,
// and does nothing else.
func defaults(st sqltext.Statement) (columns []string) {
	for _, tokens := range textsOf(st) {
		for i, t := range tokens {
			at := sqltext.After(tokens, i+1, "COLUMN", "IF", "EXISTS")
			if t.Is("ALTER") && at+2 < len(tokens) && tokens[at+1].Is("SET", "DROP") && tokens[at+2].Is("DEFAULT") {
				columns = append(columns, tokens[at].Value())
			}
		}
	}
	return columns
}

// hides finds statements that give a column which counts by itself a default.
func hides(s catalog.State, scripts []migrate.Script) (found []string) {
	for _, script := range scripts {
		for _, st := range script.Statements {
			said := wordsOf(st.Text)
			for _, altered := range defaults(st) {
				for _, name := range tablesOf(s) {
					column := catalog.Counting(s.Objects[catalog.Table+" "+name].Create)
					if said[strings.ToLower(name)] && strings.EqualFold(column, altered) {
						found = append(found, fmt.Sprintf("%s:%d: "+shownNowhere, script.Migration.File, st.Line, name, column))
					}
				}
			}
		}
	}
	return found
}
