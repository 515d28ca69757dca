package safemigrate_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

// migrations stand for an embed.FS: a program carries its migrations with it.
var migrations = fstest.MapFS{
	"000001_create_customers.up.sql": {Data: []byte(`CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO customers (name) VALUES ('Ada Lovelace');`)},
	"000002_add_phone.up.sql": {Data: []byte(`ALTER TABLE customers ADD COLUMN phone TEXT;`)},
}

// database makes a place for a database file; remove takes it away again.
func database() (url string, remove func()) {
	dir, err := os.MkdirTemp("", "safemigrate-example-")
	if err != nil {
		fmt.Println(err)
	}
	return "sqlite://" + filepath.Join(dir, "shop.db"), func() {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Println(err)
		}
	}
}

// Open, Up and Rollback: a release goes out and is taken back.
func Example() {
	ctx := context.Background()
	url, remove := database()
	defer remove()
	db, err := safemigrate.Open(ctx, safemigrate.Config{Database: url, FS: migrations})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	up, err := db.Up(ctx, safemigrate.UpOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("up to version %s with %d migrations\n", up.To, len(up.Migrations))

	back, err := db.Rollback(ctx, safemigrate.RollbackOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("back from version %s to %q, %d later rows taken out\n", back.From, back.To, back.Losses())
	// Output:
	// up to version 2 with 2 migrations
	// back from version 2 to "", 0 later rows taken out
}

// A batch that fails is undone before Up returns. The Failure says in which
// state the database is.
func ExampleDB_Up_failure() {
	ctx := context.Background()
	url, remove := database()
	defer remove()
	files := fstest.MapFS{"000003_bad.up.sql": {Data: []byte("ALTER TABLE customers DROP COLUMN phone;\nDELETE FROM nowhere;")}}
	maps.Copy(files, migrations)
	db, err := safemigrate.Open(ctx, safemigrate.Config{Database: url, FS: files})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	if _, err := db.Up(ctx, safemigrate.UpOptions{Limit: 2}); err != nil {
		fmt.Println(err)
		return
	}

	_, err = db.Up(ctx, safemigrate.UpOptions{})
	if failure, ok := errors.AsType[*safemigrate.Failure](err); ok {
		fmt.Println("exit code:", int(failure.Outcome))
		fmt.Println("state:", failure.State)
		fmt.Println("hint:", failure.Hint)
	}
	// Output:
	// exit code: 3
	// state: the database is still at version 2: the batch failed on a copy of it
	// hint: correct the migration and run safemigrate up again
}

// Plan tells what Up would do; its digest makes sure that nothing else is done.
func ExampleDB_Plan() {
	ctx := context.Background()
	url, remove := database()
	defer remove()
	db, err := safemigrate.Open(ctx, safemigrate.Config{Database: url, FS: migrations})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	if _, err := db.Up(ctx, safemigrate.UpOptions{To: "1"}); err != nil {
		fmt.Println(err)
		return
	}

	plan, err := db.Plan(ctx, safemigrate.UpOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range plan.Migrations {
		fmt.Println(m.Version, m.Name, m.Statements, "statement")
	}
	up, err := db.Up(ctx, safemigrate.UpOptions{PlanDigest: plan.Digest})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("version", up.To)
	// Output:
	// 2 add_phone 1 statement
	// version 2
}

// Rows written since a batch are never taken out without a decision, and an
// undo brings them back.
func ExampleDB_Rollback_rowsWrittenSince() {
	ctx := context.Background()
	url, remove := database()
	defer remove()
	db, err := safemigrate.Open(ctx, safemigrate.Config{Database: url, FS: migrations})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	if _, err := db.Up(ctx, safemigrate.UpOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	application(url, `INSERT INTO customers (name) VALUES ('Grace Hopper')`)

	report, err := db.Rollback(ctx, safemigrate.RollbackOptions{})
	if failure, ok := errors.AsType[*safemigrate.Failure](err); ok && failure.Outcome == migrate.Undecided {
		fmt.Printf("%s: %d row written since\n", report.Tables[0].Name, report.Tables[0].Written)
	}
	if _, err := db.Rollback(ctx, safemigrate.RollbackOptions{Decide: migrate.Discard}); err != nil {
		fmt.Println(err)
		return
	}
	undone, err := db.Rollback(ctx, safemigrate.RollbackOptions{Undo: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("version %s with all rows again\n", undone.To)
	// Output:
	// customers: 1 row written since
	// version 2 with all rows again
}

// application writes to the database as the program that uses it would.
func application(url, sql string) {
	conn, err := sqlite3.Open(strings.TrimPrefix(url, "sqlite://"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := errors.Join(conn.Exec(sql), conn.Close()); err != nil {
		fmt.Println(err)
		return
	}
}

// Status tells where a database stands and whether it can be taken back.
func ExampleDB_Status() {
	ctx := context.Background()
	url, remove := database()
	defer remove()
	db, err := safemigrate.Open(ctx, safemigrate.Config{Database: url, FS: migrations})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	if _, err := db.Up(ctx, safemigrate.UpOptions{Limit: 1}); err != nil {
		fmt.Println(err)
		return
	}

	status, err := db.Status(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("version %s, %d pending, rollback possible: %t\n", status.Version, len(status.Pending), status.Rollback.Possible)
	// Output:
	// version 1, 1 pending, rollback possible: true
}
