package golangmigrate

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/golang-migrate/migrate/v4/source"

	"github.com/safemigrate/safemigrate/migrate"
)

// Options say where the history is kept, in golang-migrate's own terms.
type Options struct {
	// Table is x-migrations-table; "" means schema_migrations.
	Table string
	// TableQuoted is x-migrations-table-quoted: Table is "table" or
	// "schema"."table", with the quotation marks.
	TableQuoted bool
	// Schema of the table on PostgreSQL; "" means the current schema.
	Schema string
}

// Convention reads golang-migrate's directories and keeps its history.
type Convention struct {
	table historyTable
}

// New returns the convention. A table name that golang-migrate would refuse is
// reported when the table is first looked for.
func New(o Options) *Convention {
	return &Convention{table: historyTable{options: o}}
}

// Name is the word for --convention.
func (*Convention) Name() string { return "golang-migrate" }

// History gives access to schema_migrations.
func (c *Convention) History() migrate.HistoryTable { return &c.table }

// Claims counts the files, up and down, whose names golang-migrate would take.
func (*Convention) Claims(src fs.FS) (int, error) {
	entries, err := fs.ReadDir(src, ".")
	if err != nil {
		return 0, fmt.Errorf("reading the migrations directory: %w", err)
	}
	count := 0
	for _, entry := range entries {
		if _, err := source.Parse(entry.Name()); err == nil && !entry.IsDir() {
			count++
		}
	}
	return count, nil
}

// Compare orders two versions as numbers; "" stands before all, and what is no
// number after all.
func (*Convention) Compare(a, b string) int { return compareVersions(a, b) }

func compareVersions(a, b string) int {
	x, y := number(a), number(b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == unknown:
		return strings.Compare(a, b)
	}
	return 0
}

// unknown is above every version that golang-migrate can store.
const unknown = int64(^uint64(0) >> 1)

func number(version string) int64 {
	if version == "" {
		return -1
	}
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return unknown
	}
	return n
}
