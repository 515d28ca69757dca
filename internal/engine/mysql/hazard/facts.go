package hazard

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// Querier runs one statement and returns its rows in text form.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) ([]migrate.Row, error)
}

// Facts is what a file finds when it begins.
type Facts struct {
	MariaDB bool
	Number  int // 1011 for 10.11
	folds   bool
	strict  bool
	checks  bool // foreign_key_checks
	tables  map[string]*table
}

type table struct {
	name   string
	view   bool
	innodb bool
	packed bool // ROW_FORMAT=COMPRESSED
	words  bool // it has a FULLTEXT index
	bytes  int64
	rows   int64
	made   bool // by the batch
	tied   bool // by a foreign key, to what it refers to or what refers to it
	column map[string]*column
}

type column struct {
	kind      string // as information_schema writes it: "varchar(20)"
	charset   string
	nullable  bool
	generated bool
}

// Read asks the catalogs, and the session that runs the statements.
func Read(ctx context.Context, q Querier, mariadb bool, number int) (*Facts, error) {
	f := &Facts{MariaDB: mariadb, Number: number, tables: map[string]*table{}}
	rows, err := q.Query(ctx, "SELECT @@lower_case_table_names, @@sql_mode, @@foreign_key_checks")
	if err != nil {
		return nil, fmt.Errorf("read the session's settings: %w", err)
	}
	f.folds, f.strict, f.checks = rows[0].Text(0) != "0", strict(rows[0].Text(1)), rows[0].Text(2) == "1"
	if rows, err = q.Query(ctx, `SELECT t.table_name, t.table_type, coalesce(t.engine, ''), coalesce(t.row_format, ''), coalesce(t.data_length + t.index_length, 0), coalesce(t.table_rows, 0),
		EXISTS (SELECT 1 FROM information_schema.statistics s WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name AND s.index_type = 'FULLTEXT')
		FROM information_schema.tables t WHERE t.table_schema = database() AND t.table_name NOT LIKE 'safemigrate\_%'`); err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	for _, r := range rows {
		t := &table{name: r.Text(0), view: r.Text(1) == "VIEW", innodb: strings.EqualFold(r.Text(2), "InnoDB"), bytes: number64(r.Text(4)),
			rows: number64(r.Text(5)), words: r.Text(6) == "1", column: map[string]*column{}}
		t.packed = strings.EqualFold(r.Text(3), "Compressed")
		f.tables[f.key(t.name)] = t
	}
	if rows, err = q.Query(ctx, `SELECT table_name, column_name, column_type, is_nullable, extra, coalesce(character_set_name, '') FROM information_schema.columns
		WHERE table_schema = database() AND table_name NOT LIKE 'safemigrate\_%'`); err != nil {
		return nil, fmt.Errorf("read the columns: %w", err)
	}
	for _, r := range rows {
		if t := f.tables[f.key(r.Text(0))]; t != nil {
			t.column[strings.ToLower(r.Text(1))] = &column{kind: displayed.ReplaceAllString(strings.ToLower(r.Text(2)), "$1"), nullable: r.Text(3) == "YES",
				generated: strings.Contains(r.Text(4), "GENERATED"), charset: r.Text(5)}
		}
	}
	if rows, err = q.Query(ctx, `SELECT table_name, referenced_table_name FROM information_schema.referential_constraints
		WHERE constraint_schema = database()`); err != nil {
		return nil, fmt.Errorf("read the foreign keys: %w", err)
	}
	for _, r := range rows {
		for _, name := range []string{r.Text(0), r.Text(1)} {
			if t := f.tables[f.key(name)]; t != nil {
				t.tied = true
			}
		}
	}
	return f, nil
}

func (f *Facts) key(name string) string {
	if f.folds {
		return strings.ToLower(name)
	}
	return name
}

func strict(mode string) bool {
	return strings.Contains(mode, "STRICT_ALL_TABLES") || strings.Contains(mode, "STRICT_TRANS_TABLES") || strings.Contains(mode, "TRADITIONAL")
}

func number64(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
