package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// grammar names the server's source files that a syntax error comes from. Errors
// of the same code from elsewhere depend on what the batch has made by then.
var grammar = map[string]bool{"scan.l": true, "gram.y": true, "parser.c": true}

// misspelled asks the server about each statement that our parser refuses, and
// returns the first that its own refuses as well. The server only reads them: to
// prepare a statement is not to run it.
func (d *DB) misspelled(ctx context.Context, refused []footprint.Refused) error {
	for _, r := range refused {
		if err := d.script(ctx, "SAVEPOINT safemigrate_parse"); err != nil {
			return err
		}
		_, said := d.conn.PgConn().Prepare(ctx, "", r.Statement.Text, nil)
		if err := d.script(ctx, "ROLLBACK TO SAVEPOINT safemigrate_parse; RELEASE SAVEPOINT safemigrate_parse"); err != nil {
			return errors.Join(said, err)
		}
		answer, ok := errors.AsType[*pgconn.PgError](said)
		switch {
		case ok && answer.Code == "42601" && grammar[answer.File]:
			return syntaxFailure(r, answer)
		case said != nil && !ok:
			return fmt.Errorf("have the server read a statement: %w", said)
		}
	}
	return nil
}

func syntaxFailure(r footprint.Refused, answer *pgconn.PgError) error {
	line, column := r.Statement.Position(int(answer.Position))
	return &migrate.Failure{Outcome: migrate.Unchanged, Op: "read " + r.File, State: "the database was not changed",
		Err:  fmt.Errorf("%s:%d:%d: %s", r.File, line, column, answer.Message),
		Hint: "correct the file; nothing has run"}
}
