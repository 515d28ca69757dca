package dump

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/childproc"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/pgarchive"
)

// Server says how PostgreSQL's programs reach a database.
type Server struct {
	host, user, database string
	port                 uint16
	password             string
	tls                  url.Values
}

// tlsParameters are the words of a connection string, and the variables that stand for
// them, that libpq knows for TLS.
var tlsParameters = map[string]string{
	"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
	"sslsni": "PGSSLSNI", "sslnegotiation": "PGSSLNEGOTIATION", "channel_binding": "PGCHANNELBINDING",
}

// Reach puts a connection into the terms of PostgreSQL's programs. text is the
// connection string that it was parsed from.
func Reach(c *pgx.ConnConfig, text string) Server {
	s := Server{host: c.Host, port: c.Port, user: c.User, database: c.Database, password: c.Password, tls: url.Values{}}
	given := parameters(text)
	for word, variable := range tlsParameters {
		value := given[word]
		if value == "" {
			value = os.Getenv(variable)
		}
		if value != "" {
			s.tls.Set(word, value)
		}
	}
	return s
}

// On is another database of the same server.
func (s Server) On(database string) Server {
	s.database = database
	return s
}

// parameters reads the words of a connection string of either form.
func parameters(text string) map[string]string {
	out := map[string]string{}
	if u, err := url.Parse(text); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		for word, values := range u.Query() {
			out[word] = values[0]
		}
		return out
	}
	for field := range strings.FieldsSeq(text) {
		if word, value, ok := strings.Cut(field, "="); ok {
			out[word] = strings.Trim(value, "'")
		}
	}
	return out
}

// conninfo is a connection string without the password: arguments can be read by
// everybody on the machine.
func (s Server) conninfo() string {
	words := []string{
		"host=" + quoteWord(s.host), "port=" + strconv.Itoa(int(s.port)), "user=" + quoteWord(s.user), "dbname=" + quoteWord(s.database),
		"application_name=safemigrate",
		"options='-c lc_monetary=C'", // money in definitions is written as in rows, see sessionScript
	}
	for word := range s.tls {
		words = append(words, word+"="+quoteWord(s.tls.Get(word)))
	}
	return strings.Join(words, " ")
}

func quoteWord(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
}

// run runs one of the programs with a passfile that lives as long as it.
func (s Server) run(ctx context.Context, c childproc.Command) (err error) {
	dir, err := os.MkdirTemp("", "safemigrate-pass-")
	if err != nil {
		return fmt.Errorf("make a place for the passfile: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c.Env = []string{"PGGSSENCMODE=disable", "HOME=" + dir}
	if s.password != "" {
		path := filepath.Join(dir, "pgpass")
		line := "*:*:*:*:" + strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(s.password) + "\n"
		if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
			return fmt.Errorf("write the passfile: %w", err)
		}
		c.Env = append(c.Env, "PGPASSFILE="+path)
	}
	c.Args = append(c.Args, "--no-password", "--dbname="+s.conninfo())
	_, err = childproc.Run(ctx, c)
	return err
}

// Schema has pg_dump write the schema, and the large objects, as the snapshot shows
// them, and gives file one after another what its archive in directory form would hold:
// toc.dat and what that names. They come through a pipe and lie in no file meanwhile. The
// rows of all tables are left out one by one, for --schema-only leaves the large objects
// out, too.
func (p Programs) Schema(ctx context.Context, s Server, snapshot string, wait time.Duration, file func(name string, content io.Reader) error) error {
	args := []string{
		"--exclude-table-data=*.*", "--large-objects", "--format=custom", "--snapshot=" + snapshot,
		"--exclude-schema=" + catalog.OwnSchemaNames, "--compress=0",
		"--lock-wait-timeout=" + strconv.FormatInt(wait.Milliseconds(), 10),
	}
	const largeObjects = 16
	if p.major < largeObjects {
		args[1] = "--blobs" // the same, before it was renamed
	}
	err := piped(ctx,
		func(ctx context.Context, to io.Writer) error {
			return s.run(ctx, childproc.Command{Path: p.Dump, Args: args, Output: to})
		},
		func(_ context.Context, from io.Reader) error { return pgarchive.Unpack(from, file) })
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	return nil
}

// piped has one function read what another writes, and returns the first error, which ends
// the other.
func piped(ctx context.Context, from func(context.Context, io.Writer) error, to func(context.Context, io.Reader) error) error {
	r, w := io.Pipe()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// The error stands before the other one notices, whose own is then no news.
	end := func(err error, closed func(error) error) {
		if err != nil {
			cancel(err)
		}
		_ = closed(err) // never fails
	}
	var writing sync.WaitGroup
	writing.Go(func() { end(from(ctx, w), w.CloseWithError) })
	end(to(ctx, r), r.CloseWithError)
	writing.Wait()
	return context.Cause(ctx) //nolint:wrapcheck // it is what one of them returned, or what the caller said
}
