package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// estimateClone estimates what a clone takes, and says what stands in its way and in
// that of the exchange that would take the batch back.
func (d *DB) estimateClone(ctx context.Context, r migrate.EstimateRequest, e *migrate.Estimate) error {
	own, err := d.readOwn(ctx)
	if err != nil {
		return err
	}
	e.Strategy, e.Bytes, e.Lost = snapshot.Clone, own.bytes, nil
	methods := d.cloneMethods(own.bytes)
	e.Because = "--strategy clone: CREATE DATABASE … TEMPLATE, " + methods[0].name
	if len(methods) > 1 {
		e.Because += ", where the file system can"
	}
	for i := range e.Tables {
		e.Tables[i].Keeps, e.Tables[i].Why = "whole rows", "a clone is the whole database"
	}
	blockers, err := d.cloneBlockers(ctx, own, "strategy clone")
	if err != nil {
		return err
	}
	now, err := d.readDefinitions(ctx, r.History, nil)
	if err != nil {
		return err
	}
	fixed, err := d.tryProperties(ctx, ownProperties(now))
	if err != nil {
		return err
	}
	e.Blockers = append(e.Blockers, append(blockers, fixed...)...)
	others, err := d.others(ctx, own.Name)
	if err != nil {
		return err
	}
	for _, who := range others {
		e.Warnings = append(e.Warnings, who.text+" is connected: a clone is taken only while nobody else is")
	}
	return nil
}

// cloneBlockers names what keeps this role from making databases beside this one, or from
// exchanging it with another. needs is what needs that.
func (d *DB) cloneBlockers(ctx context.Context, own ownDatabase, needs string) ([]string, error) {
	var may, owns bool
	var role, kept string
	err := d.conn.QueryRow(ctx, `SELECT r.rolcreatedb OR r.rolsuper, pg_catalog.pg_has_role(o.datdba, 'USAGE'), current_user::text,
		coalesce((SELECT pg_catalog.string_agg(what, '; ') FROM (
			SELECT 'replication slot ' || slot_name AS what FROM pg_catalog.pg_replication_slots WHERE database = pg_catalog.current_database()
			UNION ALL SELECT 'subscription ' || subname FROM pg_catalog.pg_subscription WHERE subdbid = o.oid
			UNION ALL SELECT 'security label of provider ' || provider FROM pg_catalog.pg_shseclabel WHERE classoid = 'pg_catalog.pg_database'::pg_catalog.regclass AND objoid = o.oid) w), '')
		FROM pg_catalog.pg_roles r, pg_catalog.pg_database o WHERE r.rolname = current_user AND o.datname = pg_catalog.current_database()`).
		Scan(&may, &owns, &role, &kept)
	if err != nil {
		return nil, fmt.Errorf("look what a clone needs: %w", plain(err))
	}
	var out []string
	if !may {
		out = append(out, fmt.Sprintf("role %s may not create databases, which %s needs (ALTER ROLE %s CREATEDB)", role, needs, catalog.Quote(role)))
	}
	if !owns {
		out = append(out, fmt.Sprintf("role %s does not own database %s, which %s needs (run it as %s)", role, own.Name, needs, own.owner))
	}
	if kept != "" {
		out = append(out, "these belong to the database by its number and would stay with the one that goes: "+kept)
	}
	if strings.HasPrefix(own.note, noteStart) {
		out = append(out, fmt.Sprintf("database %s is itself kept for another one (its comment: %s)", own.Name, own.note))
	}
	third, err := d.outside(ctx)
	if err != nil {
		return append(out, "a database is renamed from another one, and none can be reached: "+err.Error()), nil //nolint:nilerr // that is the answer
	}
	return out, third.end(ctx)
}
