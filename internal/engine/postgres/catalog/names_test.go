package catalog_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestQuoteAsTheServer compares with quote_ident for every keyword and for
// awkward names. Quoting more than this server does is right where a newer one
// has the word as a keyword.
func TestQuoteAsTheServer(t *testing.T) {
	t.Parallel()
	conn := testpg.Start(t).Database(t).Connect(t)
	rows, err := conn.Query(t.Context(), `SELECT w, quote_ident(w) FROM (SELECT word FROM pg_get_keywords()
		UNION ALL SELECT unnest($1::text[])) k (w)`, []string{
		"a", "A", "a1", "1a", "_", "a_b", "a b", `a"b`, `"`, "a.b", "a$b", "ü", "Ö", "", "a\nb", `a\b`, strings.Repeat("é", 31),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var word, want string
		if err := rows.Scan(&word, &want); err != nil {
			t.Fatal(err)
		}
		if got := catalog.Quote(word); got != want && got != `"`+want+`"` {
			t.Errorf("Quote(%q) = %s, want %s", word, got, want)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestLiteralMeansTheText(t *testing.T) {
	t.Parallel()
	conn := testpg.Start(t).Database(t).Connect(t)
	for _, setting := range []string{"on", "off"} {
		if _, err := conn.Exec(t.Context(), "SET standard_conforming_strings = "+setting); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"", "a", "it's", `\`, `\'`, `a\nb`, "a\nb", "ü", "''", `$1 %s`} {
			var got string
			err := conn.PgConn().Exec(t.Context(), "SELECT "+catalog.Literal(text)).Close()
			if err == nil {
				results, readErr := conn.PgConn().Exec(t.Context(), "SELECT "+catalog.Literal(text)).ReadAll()
				err = readErr
				if err == nil {
					got = string(results[0].Rows[0][0])
				}
			}
			if err != nil || got != text {
				t.Errorf("Literal(%q) means %q, %v", text, got, err)
			}
		}
	}
}
