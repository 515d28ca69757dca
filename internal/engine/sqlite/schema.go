package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// schema is the state of a file's schema: for every object a digest of its
// definition, and the settings that the file itself keeps for the application.
type schema map[string]string

// readSchema leaves out what SQLite and safemigrate keep for themselves, and
// the history, which is restored by its convention.
func (l *link) readSchema(ctx context.Context, history string) (schema, error) {
	return l.readSchemaOf(ctx, "main", history)
}

// readSchemaOf reads the schema of a file by the name that it is attached by.
func (l *link) readSchemaOf(ctx context.Context, file, history string) (schema, error) {
	s := schema{}
	err := l.each(ctx, `SELECT type, name, tbl_name, sql FROM `+file+`.sqlite_schema`, func(st *sqlite3.Stmt) error {
		name, table := st.ColumnText(1), st.ColumnText(2)
		if kept(name, history) && kept(table, history) {
			sum := sha256.Sum256(st.ColumnRawText(3))
			s[st.ColumnText(0)+" "+name] = hex.EncodeToString(sum[:16])
		}
		return nil
	})
	if err != nil {
		return nil, explain("read the schema", err)
	}
	for _, setting := range []string{"user_version", "application_id"} {
		n, err := l.number(ctx, "PRAGMA "+file+"."+setting)
		if err != nil {
			return nil, explain("read "+setting, err)
		}
		s["setting "+setting] = strconv.FormatInt(n, 10)
	}
	return s, nil
}

// difference names what is not the same in two states, in the words of words:
// what is only in the second, only in the first, in both but not equal.
func (s schema) difference(now schema, created, dropped, changed string) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(now)) {
		was, ok := s[key]
		switch {
		case !ok:
			out = append(out, key+" "+created)
		case was != now[key] && strings.HasPrefix(key, "setting "):
			out = append(out, fmt.Sprintf("%s %s from %s to %s", key, changed, was, now[key]))
		case was != now[key]:
			out = append(out, key+" "+changed)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if _, ok := now[key]; !ok {
			out = append(out, key+" "+dropped)
		}
	}
	return out
}
