package dsn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/dsn"
)

// FuzzPasswordStaysHidden puts a canary into the password, with anything around
// it, and looks for it in all that may be printed.
func FuzzPasswordStaysHidden(f *testing.F) {
	for _, around := range []string{"", "@", ":", "/", "?", "#", "%", "%zz", "'", "\\", " ", "&", "=", "?a=", "@h/", "@h?user=", "@h?x-", ",", "[", "\x00", "\n", "://"} {
		f.Add("postgres://app:", around, "", "@db1:5432/shop?sslmode=disable")
		f.Add("pgx5://app:", "", around, "@db1/shop")
		f.Add("app:", around, around, "@db1/shop")
		f.Add("sqlite://app:", around, "", "@db1/shop")
		f.Add("mysql://app:", around, "", "@tcp(db1:3306)/shop")
		f.Add("mysql://app:", around, "", "@db1:3306/shop?tls=true")
		f.Add("app:", around, "", "@unix(/run/x.sock)/shop")
	}
	f.Fuzz(func(t *testing.T, head, before, after, tail string) {
		if !slices.Contains(knownHeads, head) || !strings.HasPrefix(tail, "@") || strings.Contains(before+after+tail+head, canary) {
			return
		}
		hidden(t, head+before+canary+after+tail)
	})
}

// FuzzKeywordPasswordStaysHidden does the same for the keyword form.
func FuzzKeywordPasswordStaysHidden(f *testing.F) {
	for _, around := range []string{"", "'", `\'`, `\`, "''", "%", "@", "&"} {
		f.Add(around, "", " dbname=shop")
		f.Add("", around, " dbname=shop")
	}
	f.Fuzz(func(t *testing.T, before, after, tail string) {
		if strings.ContainsAny(before, "= \t\n\r\v\f") || strings.Contains(before+after+tail, canary) {
			return
		}
		hidden(t, "host=db1 password="+before+canary+after+tail)
	})
}

// inDriver checks that the driver finds the canary in the password, where the
// fuzzer put it, and nowhere else.
func inDriver(t *testing.T, url, clean string) {
	t.Helper()
	config, err := mysql.ParseDSN(clean)
	if err != nil || !strings.Contains(config.Passwd, canary) || strings.Contains(config.User+config.Addr+config.DBName, canary) {
		t.Errorf("%q: the driver reads %q as %+v, %v", url, clean, config, err)
	}
}

// knownHeads keep the fuzzer at URLs in which the canary is the password.
var knownHeads = []string{"postgres://app:", "pgx5://app:", "app:", "sqlite://app:", "mysql://app:"}

func hidden(t *testing.T, url string) {
	t.Helper()
	texts := []string{dsn.Redact(url)}
	target, err := dsn.Parse(url)
	if err != nil {
		texts = append(texts, err.Error())
	} else if _, err := pgconn.ParseConfig(target.PostgreSQL); target.Engine == dsn.PostgreSQL && err != nil {
		texts = append(texts, err.Error())
	} else if target.Engine == dsn.MySQL {
		inDriver(t, url, target.MySQL)
	}
	if !dsn.HasPassword(url) {
		t.Errorf("%q: no password found", url)
	}
	for _, text := range texts {
		if strings.Contains(text, canary) {
			t.Errorf("%q: the password is in %q", url, text)
		}
	}
}
