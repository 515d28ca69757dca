package dump

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/pgarchive"
	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// Properties are what a database has beside what is in it.
type Properties struct {
	Owner string
	// Statements give settings, connection limit, comment and privileges to a database.
	// Those of one list belong together: after one that fails the others are wrong.
	Statements [][]string
}

func readTOC(dir string) (*pgarchive.Archive, error) {
	toc, err := os.ReadFile(filepath.Join(dir, tocFile))
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	a, err := pgarchive.Read(toc)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return a, nil
}

// ObjectOwners reads from pg_dump's archive in dir which roles own large objects, each with
// an example.
func ObjectOwners(dir string) (map[string]string, error) {
	a, err := readTOC(dir)
	if err != nil {
		return nil, err
	}
	return a.ObjectOwners(), nil
}

// DatabaseProperties reads from pg_dump's archive in dir what the dumped database had, as
// statements for the database of that name. pg_restore gives it only to a database that
// it makes itself, under the old name.
func DatabaseProperties(dir, name string) (p Properties, err error) {
	a, err := readTOC(dir)
	if err != nil {
		return p, err
	}
	var old string // as pg_dump spells it
	for _, e := range a.Entries {
		if e.Kind.Value == "DATABASE" {
			p.Owner = e.Owner.Value
			old, _, _ = strings.Cut(strings.TrimPrefix(e.Definition.Value, "CREATE DATABASE "), " WITH TEMPLATE = ")
		}
	}
	now := pgx.Identifier{name}.Sanitize()
	for _, e := range a.Entries {
		if !ofDatabase(&e, old) {
			continue
		}
		all, err := sqltext.Split(sqltext.PostgreSQL, e.Definition.Value)
		if err != nil {
			return p, fmt.Errorf("%w: %s: %w", ErrDamaged, e.Kind.Value, err)
		}
		var together []string
		for _, s := range all {
			text := strings.Replace(s.Text, " DATABASE "+old+" ", " DATABASE "+now+" ", 1)
			if e.Kind.Value == "DATABASE PROPERTIES" {
				p.Statements = append(p.Statements, []string{text})
				continue
			}
			together = append(together, text)
		}
		if len(together) > 0 {
			p.Statements = append(p.Statements, together)
		}
	}
	return p, nil
}

// ofDatabase tells the entries that speak of the database itself.
func ofDatabase(e *pgarchive.Entry, name string) bool {
	switch e.Kind.Value {
	case "DATABASE PROPERTIES":
		return true
	case "COMMENT":
		return strings.HasPrefix(e.Definition.Value, "COMMENT ON DATABASE "+name+" IS ")
	case "ACL":
		return strings.Contains(e.Definition.Value, " ON DATABASE "+name+" ")
	}
	return false
}
