package catalog_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// identifiers are what FuzzQuote starts from.
var identifiers = []string{
	"a", "A", "_", "_1", "1a", "a b", " ", "a$b", "$1", "$$", `"`, `""`, "'", `\`, `\"`, "a\nb", "a\tb", "--", "/*", ";",
	`x"; DROP TABLE t; --`, "%", "%s", "%I", "é", "É", "ñandú", "表", "😀", "\u200b", "\u0301", "\ufeff", "ﬀ",
	"select", "SELECT", "table", "order", "user", "abort", "between", "integer", "timestamp", "left", "char", "json_table",
	"system_user", "merge_action", "public", "pg_catalog", "current_date", strings.Repeat("x", 63), strings.Repeat("ü", 31),
}

// FuzzQuote compares Quote and Literal with the server's quote_ident and
// quote_literal, and has the server read back what they spell, whatever
// standard_conforming_strings says.
func FuzzQuote(f *testing.F) {
	conn := testpg.Start(f).Database(f).Connect(f)
	if _, err := conn.Exec(f.Context(), "SET escape_string_warning = off"); err != nil {
		f.Fatal(err)
	}
	for _, ident := range identifiers {
		f.Add(ident)
	}
	var one sync.Mutex // the connection serves one at a time
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return // the server has no such texts
		}
		one.Lock()
		defer one.Unlock()
		quotesLikeTheServer(t, conn, text)
	})
}

// TestKeywordsAreQuoted takes every word that this server knows.
func TestKeywordsAreQuoted(t *testing.T) {
	t.Parallel()
	conn := testpg.Start(t).Database(t).Connect(t)
	found, err := conn.Query(t.Context(), "SELECT word FROM pg_get_keywords()")
	if err != nil {
		t.Fatal(err)
	}
	words, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		quotesLikeTheServer(t, conn, word)
	}
}

func quotesLikeTheServer(t *testing.T, conn *pgx.Conn, text string) {
	t.Helper()
	ctx := context.Background()
	var ident, literal string
	if err := conn.QueryRow(ctx, "SELECT quote_ident($1), quote_literal($1)", text).Scan(&ident, &literal); err != nil {
		t.Fatal(err)
	}
	// A word that only a newer server reserves is quoted ahead of it.
	if got := catalog.Quote(text); got != ident && got != `"`+ident+`"` {
		t.Errorf("Quote(%q) = %s, the server has %s", text, got, ident)
	}
	if got := catalog.Literal(text); got != literal {
		t.Errorf("Literal(%q) = %s, the server has %s", text, got, literal)
	}
	for _, conforming := range []string{"on", "off"} {
		sql := "SET standard_conforming_strings = " + conforming + "; SELECT " + catalog.Literal(text)
		if text != "" {
			sql += " AS " + catalog.Quote(text)
		}
		all, err := conn.PgConn().Exec(ctx, sql).ReadAll()
		if err != nil {
			t.Fatalf("%v\nrunning: %s", err, sql)
		}
		if read := string(all[1].Rows[0][0]); read != text {
			t.Errorf("%s reads as %q", catalog.Literal(text), read)
		}
		if read := all[1].FieldDescriptions[0].Name; text != "" && !strings.HasPrefix(text, read) {
			t.Errorf("%s is called %q", catalog.Quote(text), read)
		}
	}
}
