package cli

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// program is one run of safemigrate.
type program struct {
	env      Env
	args     []string
	settings settings
	progress *progress
	// changing is set while the database may be between two versions.
	changing atomic.Bool
}

func newProgram(env Env, args []string) *program {
	p := &program{env: env, args: args, progress: newProgress(env)}
	// The command line may turn out to be wrong; the error is to be JSON all the same.
	p.settings.json = slices.Contains(args, "--json")
	return p
}

// open connects to the database of the settings.
func (p *program) open(ctx context.Context) (*safemigrate.DB, error) {
	s := p.settings
	if s.database == "" {
		return nil, usage("set --database, SAFEMIGRATE_DATABASE or DATABASE_URL, or database in safemigrate.yaml",
			"no database is named")
	}
	if s.from["database"] == fromFlag && dsn.HasPassword(s.database) {
		p.progress.warn("the password on the command line is visible to others in the list of processes and in the shell's history; use SAFEMIGRATE_DATABASE or a passfile")
	}
	return safemigrate.Open(ctx, safemigrate.Config{
		Database: s.database, Source: s.source, Convention: s.convention, Flyway: s.flyway,
		Tables: s.tables, Exclude: s.exclude, LockTimeout: s.lockTimeout, LockTry: s.lockTry,
		Scope: safemigrate.ScopeMode(s.scope), MaxSnapshot: int64(s.maxSnapshot), MaxLock: s.maxLock, Store: s.storeConfig(),
		Strategy: snapshot.Strategy(s.strategy), Jobs: s.jobs, Programs: s.programs,
		Version: programVersion(), Progress: p.progress.notice,
	})
}

// withDatabase opens the database for one piece of work.
func (p *program) withDatabase(ctx context.Context, work func(*safemigrate.DB) error) error {
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := db.Close(); err != nil {
			p.progress.warn("closing the connection: " + err.Error())
		}
	}()
	return work(db)
}

// change marks the time in which the database may be between two versions. After
// a panic the mark stays, and tells.
func (p *program) change(work func() error) error {
	p.changing.Store(true)
	err := work()
	p.changing.Store(false)
	return err
}

// usage is an error of whoever wrote the command line or the configuration.
func usage(hint, format string, args ...any) error {
	return &migrate.Failure{Outcome: migrate.Usage, Err: fmt.Errorf(format, args...), Hint: hint}
}

// asks reports whether a person can be asked.
func (p *program) asks() bool {
	return p.env.Terminals.Stdin && p.env.Terminals.Stderr && !p.settings.json
}

// ask puts a question; no answer, or the end of ctx, is no.
func (p *program) ask(ctx context.Context, question string) bool {
	p.progress.clear()
	fmt.Fprintf(p.env.Stderr, "%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(p.env.Stdin).ReadString('\n') // the end of input is no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case a := <-answer:
		return a == "y" || a == "yes"
	case <-ctx.Done():
		fmt.Fprintln(p.env.Stderr)
		return false
	}
}
