// Package safemigrate makes a database schema change something that can be
// taken back. It runs a directory of plain SQL migrations, takes a snapshot
// before each batch, and puts schema, rows and version table back when the
// batch fails, or when the release fails an hour later.
//
//	db, err := safemigrate.Open(ctx, safemigrate.Config{
//		Database: os.Getenv("DATABASE_URL"),
//		FS:       migrations, // an embed.FS, or leave it out and set Source
//	})
//	if err != nil { … }
//	defer db.Close()
//	report, err := db.Up(ctx, safemigrate.UpOptions{})
//
// An error of a method is a *[Failure]: its Outcome says in which state the
// database is, its Hint what to do next.
package safemigrate
