package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

var shop = snapshot.Database{
	Engine: "postgresql", Name: "shop", Address: "db1:5432", Server: "16.4",
	System: "7301234567890123456", OID: 16384, Ledger: "0d9f3c5e8a7b4c12",
}

var taken = time.Date(2026, 1, 2, 12, 4, 31, 0, time.UTC)

var kept = snapshot.Manifest{
	Format: 1, ID: "20260102-120431-4be1c0", Tag: "12", Strategy: snapshot.Copy, TakenAt: taken, Database: shop,
	Tables: []snapshot.Table{
		{Name: "public.customers", Rows: 1_234_567, Sum: "9f2c", At: "safemigrate_20260102.t1"},
		{Name: "public.orders", Rows: 41, Sum: "77ab", At: "safemigrate_20260102.t2"},
	},
	Bytes: 61_000_000, Parts: map[string]string{"definitions": "c0ffee"}, Position: "0/1A2B3C4D", Seal: strings.Repeat("5e", 32),
}

var upDone = safemigrate.UpReport{
	Database: shop, Convention: "golang-migrate", From: "12", To: "15", Batch: kept.ID,
	Migrations: []migrate.AppliedMigration{
		{Version: "13", Name: "add_phone", File: "000013_add_phone.up.sql", Took: 12 * time.Millisecond},
		{Version: "14", Name: "split_name", File: "000014_split_name.up.sql", Took: 3100 * time.Millisecond},
		{Version: "15", Name: "drop_legacy", File: "000015_drop_legacy.up.sql", Took: 4 * time.Millisecond},
	},
	Snapshot: &kept, Steps: 1,
	Effect: migrate.Effect{
		Objects: []string{"table public.customers changed", "table public.legacy_sessions dropped"},
		Rows:    []string{"public.customers: rows changed"},
	},
	Took: 4 * time.Second,
}

var upNothing = safemigrate.UpReport{Database: shop, Convention: "golang-migrate", From: "15", To: "15"}

var planDue = safemigrate.Plan{
	Database: shop, Convention: "golang-migrate", Version: "12", Target: "15",
	Migrations: []migrate.PlannedMigration{
		{Version: "13", Name: "add_phone", Kind: migrate.Versioned, File: "000013_add_phone.up.sql", Statements: 1, Steps: []int{1}},
		{Version: "14", Name: "index_orders", Kind: migrate.Versioned, File: "000014_index_orders.up.sql", Statements: 1, Steps: []int{2},
			Outside: []string{"CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id)"}},
		{Version: "15", Name: "settings", Kind: migrate.Versioned, File: "000015_settings.up.sql", Statements: 2, Steps: []int{3},
			NoWayBack: []string{"000015_settings.up.sql:2: ALTER SYSTEM SET work_mem = …"}},
	},
	Steps: 3,
	Snapshot: migrate.Estimate{
		Strategy: snapshot.Copy, Bytes: 61_000_000,
		Tables:       []migrate.TableEstimate{{Name: "public.customers", Rows: 1_234_567, Bytes: 60_992_000}, {Name: "public.orders", Rows: 41, Bytes: 8192}},
		UnlessProved: []migrate.TableEstimate{{Name: "public.orders", Rows: 41, Bytes: 16384, Keeps: "whole rows"}},
		Warnings:     []string{"session 812 (reporting) has been in a transaction for 12 min"},
		Rate:         40_000_000, Took: 1525 * time.Millisecond, RateFrom: "an earlier snapshot of this database",
		Footprint: &migrate.Footprint{
			Tables: []migrate.TableFootprint{
				{Name: "public.customers", Rows: migrate.LosesColumns, Files: []string{"000013_add_phone.up.sql", "000015_settings.up.sql"},
					Columns: []migrate.ColumnFootprint{{Name: "name", Verdict: migrate.DroppedAway}, {Name: "phone", Verdict: migrate.AddedTo}}},
				{Name: "public.orders", Rows: migrate.LosesRows, Files: []string{"000015_settings.up.sql"}},
			},
			Whole: []migrate.WholeReason{{File: "000015_settings.up.sql", Line: 4, Why: "EXECUTE of a text that is not a literal"}},
		},
	},
	Rollback: &migrate.RollbackEstimate{Tables: []migrate.TableForecast{
		{Name: "public.customers", Way: "columns put back", Bytes: 60_992_000}, {Name: "public.orders", Way: "rows put back", Bytes: 8192},
	}, Bytes: 61_000_192, Took: 1525 * time.Millisecond},
	Locks: []migrate.LockNote{
		{File: "000013_add_phone.up.sql", Line: 1, Table: "public.customers", Mode: "ACCESS EXCLUSIVE", Blocks: "reads and writes", Step: 1,
			Work: "rewrite", Bytes: 60_992_000, Took: 1220 * time.Millisecond},
		{File: "000014_index_orders.up.sql", Line: 1, Table: "public.orders", Mode: "SHARE UPDATE EXCLUSIVE", Blocks: "schema changes", Step: 2},
	},
	Hazards: []migrate.Hazard{
		{ID: "table-rewrite", Groups: []string{"blocking"}, File: "000013_add_phone.up.sql", Line: 1, Table: "public.customers",
			Why: "every row of customers is written anew", Instead: "add a new column"},
		{ID: "table-rewrite", Groups: []string{"blocking"}, File: "000013_add_phone.up.sql", Line: 2, Table: "public.visits",
			Why: "every row of visits is written anew", Instead: "add a new column"},
		{ID: "unbounded-write", Groups: []string{"blocking", "destructive"}, File: "000015_settings.up.sql", Line: 3, Table: "public.orders", Note: true,
			Why: "UPDATE without WHERE changes every row of orders", Instead: "a WHERE clause"},
		{ID: "column-dropped", Groups: []string{"destructive", "breaking"}, File: "000015_settings.up.sql", Line: 1, Table: "public.customers",
			Why: "code of the release before still reads customers.name", Instead: "drop it in the next release", Silenced: "nobody reads it since 1.8"},
	},
	Sessions: []migrate.SessionNote{{Kind: "idle-in-transaction", PID: 812, Role: "reporting", Application: "psql", Since: "2026-01-02 11:52:31+00", Table: "public.orders",
		Text: "server process 812 (reporting, \"psql\") holds AccessShareLock on public.orders and does nothing, in a transaction for 00:12:00: up has to wait for its end"}},
	Problems: []migrate.Problem{{Kind: migrate.Gap, Version: "11", Detail: "no file has version 11", Choice: "safemigrate up --allow gap", Warning: true}},
	Digest:   strings.Repeat("4b", 32),
}

var rolledBack = safemigrate.RollbackReport{
	Database: shop, From: "15", To: "12", Batch: "20260102-130000-77aa01", Undone: []string{kept.ID},
	RevertReport: migrate.RevertReport{
		Tables: []migrate.TableReport{
			{Name: "public.customers", Way: "rebuilt", Written: 14, Gone: 3, Kept: 1_234_581},
			{Name: "public.legacy_sessions", Way: "brought back"},
			{Name: "public.orders", Way: "in place"},
		},
		Objects:    []string{"index public.orders_customer dropped"},
		Drift:      []string{"view public.report was created since"},
		Quarantine: "20260102-130000-77aa01",
	},
	Took: 2300 * time.Millisecond,
}

var prepared = safemigrate.PrepareReport{
	Database: shop, Version: "15", Tag: "12", Batch: kept.ID,
	Preparation: migrate.Preparation{
		Tables: []migrate.PreparedTable{{Prepared: snapshot.Prepared{Name: "public.customers", Way: "put back", Rows: 1_234_567, Bytes: 190_000_000,
			At: "safemigrate_beside_16390.customers"}, Took: 6200 * time.Millisecond}},
		Left: []migrate.LeftTable{{Name: "public.orders", Way: "rebuilt", Why: "something that it needs has to be put back first"}},
	},
	Took: 6400 * time.Millisecond,
}

var preparedNothing = safemigrate.PrepareReport{Database: shop, Version: "15", Tag: "15", Nothing: "there is no batch to take back"}

var rollbackReady = safemigrate.RollbackReport{
	Database: shop, Planned: true, From: "15", To: "12", Undone: []string{kept.ID},
	RevertReport: migrate.RevertReport{Tables: []migrate.TableReport{
		{Name: "public.customers", Way: "put back", Why: "column name is gone", Prepared: "catches up", Rows: 17, Readers: "wait briefly"},
		{Name: "public.invoices", Way: "put back", Why: "column total is gone", Prepared: "not used: something of the schema was changed since", Rows: 41, Bytes: 8192, Readers: "wait briefly"},
		{Name: "public.legacy_sessions", Way: "brought back", Prepared: "ready"},
	}},
	Took: 40 * time.Millisecond,
}

var status = safemigrate.StatusReport{
	Database: shop, Convention: "golang-migrate", Version: "15",
	Pending: []migrate.PendingFile{{Version: "16", Name: "loyalty", Kind: migrate.Versioned, File: "000016_loyalty.up.sql"}},
	Batches: []migrate.Batch{{
		ID: kept.ID, Operation: migrate.OpUp, State: migrate.StateApplied, Tag: "12", Target: "15", Convention: "golang-migrate",
		Migrations: []migrate.Applied{{Version: "13", Name: "add_phone", Kind: migrate.Versioned, File: "000013_add_phone.up.sql", Digest: strings.Repeat("1a", 32)}},
		Before:     migrate.History{Exists: true, Version: "12", Entries: []migrate.Entry{{Version: "12", Success: true}}},
		After:      migrate.History{Exists: true, Version: "15", Entries: []migrate.Entry{{Version: "15", Success: true}}},
		Steps:      1, StepsDone: 1, Started: taken, Finished: taken.Add(4 * time.Second),
		By: migrate.Actor{User: "deploy", Host: "runner-3", PID: 812, Session: "4711", Version: "v1.0.0"},
	}},
	Rollback: migrate.RollbackTarget{Possible: true, Tag: "12", Batch: kept.ID, Prepared: []snapshot.Prepared{prepared.Tables[0].Prepared}},
}

var statusBad = safemigrate.StatusReport{
	Database: shop, Convention: "golang-migrate", Version: "15", Dirty: true,
	Problems: []migrate.Problem{
		{Kind: migrate.Edited, Version: "13", File: "000013_add_phone.up.sql", Detail: "is no longer what ran", Choice: "put the file back, or --allow edited"},
		{Kind: migrate.Missing, Version: "14", Detail: "was applied, but its file is gone", Choice: "put the file back, or --allow missing"},
	},
	Unfinished: kept.ID,
}

var recovered = safemigrate.RecoverReport{
	Database: shop, Version: "12", Batch: kept.ID, Action: "restored", Orphan: "session 4711 of runner-3 was ended",
	RevertReport: migrate.RevertReport{Tables: []migrate.TableReport{{Name: "public.orders", Way: "rebuilt", Written: -1, Gone: -1, Kept: 41}},
		Quarantine: "20260102-120600-0c0c0c"},
}

var recoveredNothing = safemigrate.RecoverReport{Database: shop, Version: "15", Action: "nothing to do"}

var pruned = safemigrate.PruneReport{
	Pruned: []migrate.PrunedSnapshot{{ID: "20251201-080000-aa00bb", Tag: "", Bytes: 8192}},
	Kept:   []string{kept.ID},
}

var failed = migrate.Failure{
	Outcome: migrate.Restored, Op: "apply 12 → 15",
	State: "the database is back at version 12: the transaction was undone",
	Hint:  "correct the migration and run safemigrate up again",
	Err:   errors.New(`000014_split_name.up.sql:7:3: ERROR: column "nam" does not exist (SQLSTATE 42703)`),
}
