package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// setting is one setting that a file made for its session.
type setting struct{ name, value string }

// ownScript puts safemigrate's own settings in force until the transaction
// ends: names are spelled out, rows never silently missing (row_security),
// values in one text form, no limit of the session that could cut a copy short,
// no compiling of queries on catalogs, which costs more than running them.
const ownScript = `RESET SESSION AUTHORIZATION; RESET ROLE;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL row_security = off;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = on;
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL TimeZone = 'UTC';
SET LOCAL extra_float_digits = 3;
SET LOCAL bytea_output = 'hex';
SET LOCAL xmlbinary = 'base64';
SET LOCAL lc_monetary = 'C';
SET LOCAL synchronize_seqscans = off;
SET LOCAL check_function_bodies = off;
SET LOCAL jit = off;
SET LOCAL default_tablespace = '';
SET LOCAL client_min_messages = 'warning';
`

// fileScript gives a file the settings that a fresh session has.
const fileScript = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;"

// watchScript has the server look for a dead client while a statement runs, so
// that a killed run leaves no orphan at work for long.
const watchScript = "SET client_connection_check_interval = 500;"

// ownSettings puts safemigrate's own settings in force; a transaction is open.
func (d *DB) ownSettings(ctx context.Context) error {
	if d.own {
		return nil
	}
	if d.middle {
		if err := d.keepSettings(ctx); err != nil {
			return err
		}
	}
	text := ownScript + fmt.Sprintf("SET LOCAL lock_timeout = %d;", d.opts.LockTimeout.Milliseconds())
	if d.server >= 170000 {
		text += "SET LOCAL transaction_timeout = 0;"
	}
	if err := d.script(ctx, text); err != nil {
		return fmt.Errorf("set the session up: %w", err)
	}
	d.own, d.dirty = true, true
	return nil
}

// fileSettings gives the next statement of a migration its own settings back:
// those of a fresh session, or what the same file set before its own COMMIT.
func (d *DB) fileSettings(ctx context.Context) error {
	text := fileScript
	if d.watch {
		text += watchScript
	}
	if err := d.script(ctx, text); err != nil {
		return fmt.Errorf("set the session up: %w", err)
	}
	d.own, d.dirty = false, false
	d.unbound()
	for _, s := range d.kept {
		if _, err := d.raw(ctx, `SELECT pg_catalog.set_config($1, $2, false)`, s.name, s.value); err != nil {
			return fmt.Errorf("set %s as the file had it: %w", s.name, err)
		}
	}
	d.kept = nil
	return nil
}

// keepSettings remembers what a file set for its session, for the rest of it.
func (d *DB) keepSettings(ctx context.Context) error {
	rows, err := d.raw(ctx, `SELECT name, setting FROM pg_catalog.pg_settings
		WHERE source = 'session' AND name NOT IN ('client_connection_check_interval')
			AND NOT (name = 'lock_timeout' AND pg_catalog.current_setting('lock_timeout') = $1)
		UNION ALL SELECT 'role', pg_catalog.current_setting('role') WHERE pg_catalog.current_setting('role') <> 'none'`, d.boundText)
	if err != nil {
		return fmt.Errorf("keep the file's settings: %w", err)
	}
	d.kept = nil
	for _, r := range rows {
		d.kept = append(d.kept, setting{r.Text(0), r.Text(1)})
	}
	return nil
}

// relation quotes schema and name.
func relation(schema, name string) string { return catalog.Qualified(schema, name) }

// oidList writes OIDs as an array literal for = ANY($1::oid[]).
func oidList(oids []uint32) string {
	parts := make([]string, len(oids))
	for i, o := range oids {
		parts[i] = strconv.FormatUint(uint64(o), 10)
	}
	return "{" + strings.Join(parts, ",") + "}"
}
