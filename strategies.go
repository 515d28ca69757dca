package safemigrate

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/internal/engine/postgres"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// mostJobs is how many connections copy at the same time unless somebody says so.
const mostJobs = 4

// jobs is how many connections copy at the same time.
func (db *DB) jobs() int {
	if db.config.Jobs > 0 {
		return db.config.Jobs
	}
	return min(runtime.NumCPU(), mostJobs)
}

// dumps says how the engine takes snapshots that leave the database.
func (db *DB) dumps(ctx context.Context, operation string) (postgres.Dumps, error) {
	depot, err := db.depot(ctx, operation)
	return postgres.Dumps{Store: db.config.Store.URL, Depot: depot, Jobs: db.jobs(), Programs: db.config.Programs}, err
}

// checkStrategy refuses what contradicts itself.
func (c *Config) checkStrategy(engine string) error {
	switch {
	case c.Jobs < 0:
		return usage("read the number of jobs", errors.New("it is negative"), "give a number like 2")
	case c.Store.URL != "" && engine == dsn.MySQL:
		return usage("choose the store", errors.New("snapshots of MySQL and MariaDB are kept in the database itself"), "leave --store out")
	case c.Strategy == "auto":
		c.Strategy = ""
	case c.Strategy == "":
	case engine != dsn.PostgreSQL:
		return usage("choose the strategy", errors.New("only PostgreSQL has a choice"), "leave --strategy out")
	case c.Strategy == snapshot.Copy:
	case c.Strategy == snapshot.Dump && c.Store.URL == "":
		return usage("choose the strategy", errors.New("dump needs a store"), "name one with --store, such as /var/backups/shop or s3://bucket/shop")
	case c.Strategy == snapshot.Dump:
	case c.Strategy == snapshot.Clone && (c.Scope == migrate.ScopeNone || len(c.Tables)+len(c.Exclude) > 0):
		return usage("choose the strategy", errors.New("clone keeps the whole database"), "leave --scope, --tables and --exclude out")
	case c.Strategy == snapshot.Clone:
	default:
		return usage("choose the strategy", fmt.Errorf("%q is not known", c.Strategy), "auto, copy, dump or clone")
	}
	return nil
}
