package dsn_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/dsn"
)

func TestServerURLs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, url, clean string
		options          dsn.MigrateOptions
		redacted         string
	}{
		{"plain", "postgres://app@db1/shop", "postgres://app@db1/shop", dsn.MigrateOptions{}, "postgres://app@db1/shop"},
		{"white space around it", " postgres://app@db1/shop\n", "postgres://app@db1/shop", dsn.MigrateOptions{}, "postgres://app@db1/shop"},
		{"password", "postgresql://app:pw@db1:5433/shop?sslmode=disable", "postgres://app:pw@db1:5433/shop?sslmode=disable", dsn.MigrateOptions{},
			"postgresql://app:xxxxx@db1:5433/shop?sslmode=disable"},
		{"unescaped at signs and colons", "pgx5://app:a@b:c@db1/shop", "postgres://app:a%40b%3Ac@db1/shop", dsn.MigrateOptions{}, "pgx5://app:xxxxx@db1/shop"},
		{"escaped", "pgx://app:%2F%3f%23%25@db1/shop", "postgres://app:%2F%3F%23%25@db1/shop", dsn.MigrateOptions{}, "pgx://app:xxxxx@db1/shop"},
		{"several hosts", "postgres://app@db1:5432,db2:5433/shop?target_session_attrs=read-write", "postgres://app@db1:5432,db2:5433/shop?target_session_attrs=read-write",
			dsn.MigrateOptions{}, "postgres://app@db1:5432,db2:5433/shop?target_session_attrs=read-write"},
		{"IPv6", "postgres://app@[::1]:5432/shop", "postgres://app@[::1]:5432/shop", dsn.MigrateOptions{}, "postgres://app@[::1]:5432/shop"},
		{"socket", "postgres:///shop?host=/run/postgresql", "postgres:///shop?host=%2Frun%2Fpostgresql", dsn.MigrateOptions{}, "postgres:///shop?host=%2Frun%2Fpostgresql"},
		{"environment only", "postgres://", "postgres://", dsn.MigrateOptions{}, "postgres://"},
		{"password as a parameter", "postgres://db1/shop?user=app&password=pw&options=-c%20a%3Db", "postgres://db1/shop?user=app&password=pw&options=-c%20a%3Db",
			dsn.MigrateOptions{}, "postgres://db1/shop?user=app&password=xxxxx"},
		{"golang-migrate", "pgx5://app:pw@db1/shop?x-migrations-table=%22own%22.%22m%22&x-migrations-table-quoted=1&x-statement-timeout=1500&x-multi-statement=true&sslmode=disable",
			"postgres://app:pw@db1/shop?sslmode=disable",
			dsn.MigrateOptions{Table: `"own"."m"`, TableQuoted: true, StatementTimeout: 1500 * time.Millisecond},
			"pgx5://app:xxxxx@db1/shop?x-migrations-table=%22own%22.%22m%22&x-migrations-table-quoted=1&sslmode=disable"},
		{"keywords", `host=db1 user=app password='it\'s a secret' dbname = shop x-migrations-table=m`,
			"postgres://?host=db1&user=app&password=it%27s%20a%20secret&dbname=shop", dsn.MigrateOptions{Table: "m"},
			"host=db1 user=app password=xxxxx dbname=shop x-migrations-table=m"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := dsn.Parse(c.url)
			if err != nil {
				t.Fatal(err)
			}
			want := dsn.Target{Engine: dsn.PostgreSQL, PostgreSQL: c.clean, Options: c.options}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if redacted := dsn.Redact(c.url); redacted != c.redacted {
				t.Errorf("redacted %q, want %q", redacted, c.redacted)
			}
			if _, err := pgconn.ParseConfig(got.PostgreSQL); err != nil {
				t.Errorf("the driver refuses it: %v", err)
			}
		})
	}
}

func TestFileURLs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, url string
		want      dsn.Target
		redacted  string
	}{
		{"relative", "sqlite://data/app.db", dsn.Target{Path: "data/app.db"}, "sqlite://data/app.db"},
		{"absolute", "sqlite3:///var/lib/app.db", dsn.Target{Path: "/var/lib/app.db"}, "sqlite3:///var/lib/app.db"},
		{"upper-case scheme", "SQLITE://app.db", dsn.Target{Path: "app.db"}, "sqlite://app.db"},
		{"to the letter", "sqlite://a b%20@c.db", dsn.Target{Path: "a b%20@c.db"}, "sqlite://a b%20@c.db"},
		{"drive letter", `sqlite://C:\data\a@b.db`, dsn.Target{Path: `C:\data\a@b.db`}, `sqlite://C:\data\a@b.db`},
		{"file URI", "sqlite3://file:app.db?cache=shared&mode=rwc", dsn.Target{Path: "app.db"}, "sqlite3://file:app.db"},
		{"pragmas", "sqlite://app.db?_pragma=foreign_keys(1)&_pragma=busy_timeout%3D5000&_journal=WAL",
			dsn.Target{Path: "app.db", Pragmas: []string{"foreign_keys=1", "busy_timeout=5000", "journal_mode=wal"}}, "sqlite://app.db"},
		{"cgo driver's forms", "sqlite3://app.db?_fk=true&_txlock=immediate", dsn.Target{Path: "app.db", Pragmas: []string{"foreign_keys=true"}}, "sqlite3://app.db"},
		{"read only", "sqlite://app.db?mode=ro", dsn.Target{Path: "app.db", ReadOnly: true, MustExist: true}, "sqlite://app.db"},
		{"golang-migrate", "sqlite://app.db?x-migrations-table=m&x-no-tx-wrap=true",
			dsn.Target{Path: "app.db", Options: dsn.MigrateOptions{Table: "m", NoTxWrap: true}}, "sqlite://app.db"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := dsn.Parse(c.url)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Engine = dsn.SQLite
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if redacted := dsn.Redact(c.url); redacted != c.redacted {
				t.Errorf("redacted %q, want %q", redacted, c.redacted)
			}
		})
	}
}

// canary is the password, or a piece of it, in every bad URL below.
const canary = "s3cr3tCANARY"

func TestRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, url, want string }{
		{"empty", "  ", "no database is named"},
		{"no scheme", "app:s3cr3tCANARY@db1/shop", "it has no scheme"},
		{"slashes alone", "//app:s3cr3tCANARY@db1/shop", "it has no scheme"},
		{"one slash", "postgres:/app:s3cr3tCANARY@db1/shop", "it has no scheme"},
		{"another engine", "sqlserver://app:s3cr3tCANARY@db1/shop", "no engine for sqlserver://"},
		{"MySQL's option for PostgreSQL", "postgres://app:s3cr3tCANARY@db1/shop?x-no-lock=1", "are for MySQL"},
		{"MySQL's option for SQLite", "sqlite://app.db?x-tls-ca=s3cr3tCANARY", "are for MySQL"},
		{"MySQL without database", "mysql://app:s3cr3tCANARY@db1", "names no database"},
		{"MySQL without database, slash", "mysql://app:s3cr3tCANARY@tcp(db1)/", "names no database"},
		{"MySQL port", "mysql://app:s3cr3tCANARY@db1:70000/shop", "port"},
		{"MySQL driver's port", "mysql://app:s3cr3tCANARY@tcp(db1:70000)/shop", "port"},
		{"MySQL hosts", "mysql://app:s3cr3tCANARY@db1,db2/shop", "several hosts"},
		{"MySQL slash in the password", "mysql://app:12/s3cr3tCANARY@db1/shop", "write %40"},
		{"MySQL percent in the password", "mysql://app:s3cr3tCANARY%@tcp(db1)/shop", "two hex digits"},
		{"MySQL at sign behind the address", "mysql://app:pw@tcp(db1)/s3cr3tCANARY@x/shop", "write %40"},
		{"MySQL relative socket", "mysql://app:s3cr3tCANARY@unix(run/x.sock)/shop", "absolute path"},
		{"MySQL colon in the user", "mysql://a%3As3cr3tCANARY:pw@db1/shop", "colon"},
		{"MySQL space", "mysql://app:a s3cr3tCANARY@tcp(db1)/shop", "a space or a control character"},
		{"MySQL without @", "mysql://app:s3cr3tCANARY/shop", "port is not a number"},
		{"MySQL TLS without a CA", "mysql://app@tcp(db1)/shop?tls=s3cr3tCANARY", "there is no x-tls-ca"},
		{"MySQL CA without TLS", "mysql://app@tcp(db1)/shop?x-tls-ca=s3cr3tCANARY", "nothing would be encrypted"},
		{"MySQL half a client certificate", "mysql://app@tcp(db1)/shop?tls=custom&x-tls-ca=a&x-tls-cert=s3cr3tCANARY", "go together"},
		{"MySQL ssl-mode", "mysql://app:s3cr3tCANARY@db1/shop?ssl-mode=REQUIRED", "tls=true"},
		{"MySQL quoted table", "mysql://app:s3cr3tCANARY@db1/shop?x-migrations-table-quoted=1&x-migrations-table=%22a%22", "is for PostgreSQL"},
		{"MySQL unknown option", "mysql://app@db1/shop?s3cr3tCANARY=1", "is unknown"},
		{"MySQL key of the server", "mysql://app:s3cr3tCANARY@db1/shop?serverPubKey=x", "is unknown"},
		{"MySQL statement in a variable", "mysql://app@db1/shop?sql_mode=%27s3cr3tCANARY%27%2Ca%3D1", "a text in single quotes"},
		{"driver's form, control character", "app:\x01s3cr3tCANARY@tcp(db1)/shop", "a control character"},
		{"password as scheme", "s3cr3tCANARY://db1/shop", "its scheme is unknown"},
		{"port", "postgres://app:s3cr3tCANARY@db1:54x2/shop", "port"},
		{"port out of range", "postgres://app:s3cr3tCANARY@db1:70000/shop", "port"},
		{"bad escape", "postgres://app:s3cr3tCANARY%zz@db1/shop", "two hex digits"},
		{"escape cut off", "postgres://app:s3cr3tCANARY%", "two hex digits"},
		{"slash in the password", "postgres://app:12/s3cr3tCANARY@db1/shop", "write %40"},
		{"question mark in it", "postgres://app:12?s3cr3tCANARY@db1/shop", "write %40"},
		{"question mark and equals", "postgres://app:12?a=s3cr3tCANARY@db1/shop", "write %40"},
		{"hash in it", "postgres://app:12#s3cr3tCANARY@db1/shop", "write %40"},
		{"hash and no at", "postgres://app:s3cr3tCANARY#@db1/shop", "write %40"},
		{"space in it", "postgres://app:a s3cr3tCANARY@db1/shop", "a space or a control character"},
		{"newline in it", "postgres://app:s3cr3tCANARY\n@db1/shop", "a space or a control character"},
		{"NUL in it", "postgres://app:s3cr3tCANARY%00@db1/shop", "NUL"},
		{"no host", "postgres://app:s3cr3tCANARY", "port is not a number"},
		{"brackets", "postgres://app:s3cr3tCANARY@[db1/shop", "host"},
		{"unknown x- option", "postgres://app:s3cr3tCANARY@db1/shop?x-migration-table=m", "option x-migration-table"},
		{"secret x- option", "postgres://db1/shop?x-s3cr3tCANARY=m", "an x- option"},
		{"bad x- value", "postgres://db1/shop?x-statement-timeout=s3cr3tCANARY", "x-statement-timeout"},
		{"x- value", "postgres://db1/shop?x-migrations-table-quoted=s3cr3tCANARY", "neither true nor false"},
		{"table without quotes", "postgres://db1/shop?x-migrations-table-quoted=1&x-migrations-table=s3cr3tCANARY", "with the quotes"},
		{"lock strategy", "postgres://db1/shop?x-lock-strategy=table", "x-lock-strategy"},
		{"escaped name", "postgres://db1/shop?pass%77ord=s3cr3tCANARY", "name=value"},
		{"keywords, quote open", "host=db1 password='s3cr3tCANARY", "keyword=value"},
		{"keywords, quote inside", "host=db1 password='a' s3cr3tCANARY'", "keyword=value"},
		{"keywords, text after quote", "host=db1 password='a's3cr3tCANARY", "keyword=value"},
		{"keywords, space in password", "host=db1 password=a s3cr3tCANARY dbname=shop", "keyword=value"},
		{"server as a file", "sqlite://app:s3cr3tCANARY@db1/shop", "a server's URL"},
		{"server as a file, with slash", "sqlite://app:1/s3cr3tCANARY@db1/shop", "a server's URL"},
		{"server as a file, with question mark", "sqlite://app:s3cr3tCANARY?cache=1@db1/shop", "a server's URL"},
		{"no file", "sqlite://", "names no file"},
		{"memory", "sqlite3://:memory:", "in memory"},
		{"shared memory", "sqlite3://file:x?mode=memory", "in memory"},
		{"mode", "sqlite://app.db?mode=s3cr3tCANARY", "mode"},
		{"file key", "sqlite://app.db?_auth_pass=s3cr3tCANARY", "option _auth_pass"},
		{"pragma", "sqlite://app.db?_pragma=key('s3cr3tCANARY%20x')", "not name(value)"},
		{"control character", "sqlite://a\x1bb.db", "control character"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := dsn.Parse(c.url)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want %q in it", err, c.want)
			}
			for _, text := range []string{err.Error(), dsn.Redact(c.url)} {
				if strings.Contains(text, canary) {
					t.Errorf("the password is in %q", text)
				}
			}
		})
	}
}

func TestMySQLURLs(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, url, clean, redacted string }{
		{"golang-migrate", "mysql://app:pw@tcp(db1:3307)/shop", "app:pw@tcp(db1:3307)/shop", "mysql://app:xxxxx@tcp(db1:3307)/shop"},
		{"usual", "mysql://app:pw@db1:3307/shop", "app:pw@tcp(db1:3307)/shop", "mysql://app:xxxxx@db1:3307/shop"},
		{"MariaDB", "mariadb://app@db1/shop", "app@tcp(db1:3306)/shop", "mariadb://app@db1/shop"},
		{"driver", "app:p/w?@x@tcp(db1)/shop?charset=utf8mb4", "app:p/w?@x@tcp(db1:3306)/shop?charset=utf8mb4", "app:xxxxx@tcp(db1)/shop?charset=utf8mb4"},
		{"driver, escape to the letter", "app:a%40b+c@tcp(db1)/shop", "app:a%40b+c@tcp(db1:3306)/shop", "app:xxxxx@tcp(db1)/shop"},
		{"escaped as golang-migrate has it", "mysql://app:a%40b%2Bc+d@tcp(db1)/shop", "app:a@b+c d@tcp(db1:3306)/shop", "mysql://app:xxxxx@tcp(db1)/shop"},
		{"escaped as in every URL", "mysql://app:a%40b+c@db1/my%20shop", "app:a@b+c@tcp(db1:3306)/my%20shop", "mysql://app:xxxxx@db1/my%20shop"},
		{"unescaped in golang-migrate's form", "mysql://app:a@b/c?d@tcp(db1)/shop", "app:a@b/c?d@tcp(db1:3306)/shop", "mysql://app:xxxxx@tcp(db1)/shop"},
		{"no host", "mysql://app@/shop", "app@tcp(127.0.0.1:3306)/shop", "mysql://app@/shop"},
		{"no user", "mysql://tcp(db1)/shop", "@tcp(db1:3306)/shop", "mysql://tcp(db1)/shop"},
		{"IPv6", "mysql://app@[::1]:3307/shop", "app@tcp([::1]:3307)/shop", "mysql://app@[::1]:3307/shop"},
		{"IPv6 in parentheses", "mysql://app@tcp([fe80::1])/shop", "app@tcp([fe80::1]:3306)/shop", "mysql://app@tcp([fe80::1])/shop"},
		{"socket", "mysql://app:pw@unix(/run/mysqld/mysqld.sock)/shop", "app:pw@unix(/run/mysqld/mysqld.sock)/shop", "mysql://app:xxxxx@unix(/run/mysqld/mysqld.sock)/shop"},
		{"socket as a parameter", "mysql://app@/shop?socket=/run/x.sock", "app@unix(/run/x.sock)/shop", "mysql://app@unix(/run/x.sock)/shop"},
		{"TLS", "mysql://app@db1/shop?tls=skip-verify&timeout=5s", "app@tcp(db1:3306)/shop?tls=skip-verify&timeout=5s", "mysql://app@db1/shop?tls=skip-verify&timeout=5s"},
		{"what a program decides", "mysql://app@tcp(db1)/shop?multiStatements=true&parseTime=true&loc=Local&readTimeout=1s", "app@tcp(db1:3306)/shop", "mysql://app@tcp(db1)/shop"},
		{"variables", "mysql://app@tcp(db1)/shop?sql_mode=%27ANSI_QUOTES%2CSTRICT_ALL_TABLES%27&lock_wait_timeout=5", "app@tcp(db1:3306)/shop?sql_mode=%27ANSI_QUOTES%2CSTRICT_ALL_TABLES%27&lock_wait_timeout=5",
			"mysql://app@tcp(db1)/shop?sql_mode=%27ANSI_QUOTES%2CSTRICT_ALL_TABLES%27"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := dsn.Parse(c.url)
			if err != nil {
				t.Fatal(err)
			}
			if got.Engine != dsn.MySQL || got.MySQL != c.clean {
				t.Errorf("got %s %q, want %q", got.Engine, got.MySQL, c.clean)
			}
			if redacted := dsn.Redact(c.url); redacted != c.redacted {
				t.Errorf("redacted %q, want %q", redacted, c.redacted)
			}
			if _, err := mysql.ParseDSN(got.MySQL); err != nil {
				t.Errorf("the driver refuses it: %v", err)
			}
		})
	}
}

func TestMySQLOptions(t *testing.T) {
	t.Parallel()
	got, err := dsn.Parse("mysql://app:pw@tcp(db1)/shop?x-migrations-table=m&x-no-lock=true&x-statement-timeout=1500&tls=custom&x-tls-ca=/etc/ca.pem&x-tls-cert=c.pem&x-tls-key=k.pem&x-tls-insecure-skip-verify=true")
	if err != nil {
		t.Fatal(err)
	}
	if got.MySQL != "app:pw@tcp(db1:3306)/shop" || got.Options.Table != "m" || !got.Options.NoLock || got.Options.StatementTimeout != 1500*time.Millisecond {
		t.Errorf("got %+v", got)
	}
	if s := got.TLS; !s.Used() || s.CA != "/etc/ca.pem" || s.Cert != "c.pem" || s.Key != "k.pem" || !s.SkipVerify {
		t.Errorf("got %+v", s)
	}
	for url, used := range map[string]bool{
		"mysql://app@db1/shop?tls=true":               false,
		"mysql://app@db1/shop?tls=true&x-tls-ca=c":    true,
		"mysql://app@db1/shop?tls=preferred":          false,
		"mysql://app@db1/shop?tls=false":              false,
		"mysql://app@db1/shop?tls=own&x-tls-ca=a.pem": true,
	} {
		got, err := dsn.Parse(url)
		if err != nil || got.TLS.Used() != used || strings.Contains(got.MySQL, "tls=") == used {
			t.Errorf("%s: got %+v, %v", url, got, err)
		}
	}
}

func TestHasPassword(t *testing.T) {
	t.Parallel()
	cases := []struct {
		url  string
		want bool
	}{
		{"postgres://app@db1/shop", false},
		{"postgres://app:@db1/shop", false},
		{"postgres://app:pw@db1/shop", true},
		{"postgres://db1/shop?password=pw", true},
		{"postgres://db1/shop?sslpassword=pw", true},
		{"postgres://db1/shop?passfile=x", false},
		{"host=db1 password=pw", true},
		{"host=db1", false},
		{"mysql://app@db1/shop", false},
		{"mysql://app:pw@tcp(db1)/shop", true},
		{"mysql://app:@db1/shop", false},
		{"app:pw@tcp(db1)/shop", true},
		{"app@unix(/x)/shop", false},
		{"sqlite://app.db", false},
		{"sqlite://app@x.db", false},
		{"app:pw@db1/shop", true},
		{"nonsense", false},
	}
	for _, c := range cases {
		if got := dsn.HasPassword(c.url); got != c.want {
			t.Errorf("%q: %t, want %t", c.url, got, c.want)
		}
	}
}
