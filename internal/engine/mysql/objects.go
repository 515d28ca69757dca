package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// sequences makes those that are missing or differ, before the tables whose
// defaults use them.
func (v *revert) sequences(ctx context.Context) error {
	var todo []string
	for _, key := range catalog.Keys(v.want) {
		if o := v.want.Objects[key]; o.Kind == catalog.Sequence && v.now.Objects[key] != o {
			todo = append(todo, key)
		}
	}
	if err := v.unchanged(ctx, todo); err != nil {
		return err
	}
	for _, key := range todo {
		o := v.want.Objects[key]
		create := o.Create
		if _, there := v.now.Objects[key]; there {
			create = strings.Replace(create, "CREATE SEQUENCE", "CREATE OR REPLACE SEQUENCE", 1)
		}
		if err := v.own.exec(ctx, create); err != nil {
			return fmt.Errorf("make %s: %w", key, err)
		}
		// A new one stands at its start, whatever it stood at before.
		delete(v.now.Counters, o.Name)
	}
	return nil
}

// dropSequences drops those that are not wanted, once no default uses them.
func (v *revert) dropSequences(ctx context.Context) error {
	var todo []string
	for _, key := range catalog.Keys(v.now) {
		if _, wanted := v.want.Objects[key]; v.now.Objects[key].Kind == catalog.Sequence && !wanted {
			todo = append(todo, key)
		}
	}
	if err := v.unchanged(ctx, todo); err != nil {
		return err
	}
	for _, key := range todo {
		if err := v.own.exec(ctx, "DROP SEQUENCE IF EXISTS "+quote(v.now.Objects[key].Name)); err != nil {
			return fmt.Errorf("drop %s: %w", key, err)
		}
	}
	return nil
}

// writeCounters gives tables and sequences the numbers that they stood at.
func (v *revert) writeCounters(ctx context.Context) error {
	now, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	for _, key := range catalog.Keys(v.want) {
		o := v.want.Objects[key]
		n := v.want.Counters[o.Name]
		if !o.Stored() || n == "" || n == now.Counters[o.Name] {
			continue
		}
		statement := "ALTER TABLE " + quote(o.Name) + " AUTO_INCREMENT = " + n
		if o.Kind == catalog.Sequence {
			statement = "ALTER SEQUENCE " + quote(o.Name) + " RESTART " + n
		}
		if err := v.own.exec(ctx, statement); err != nil {
			return fmt.Errorf("put back the counter of %s: %w", key, err)
		}
	}
	return nil
}

// createObjects makes what is missing of everything that holds no rows: one can
// need another, so what fails is tried again as long as others succeed. Triggers
// of one moment come in the order in which they fire.
func (v *revert) createObjects(ctx context.Context) error {
	now, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	var todo []catalog.Object
	for _, kind := range slices.Backward(unstored) {
		var some []catalog.Object
		for _, key := range catalog.Keys(v.want) {
			_, mine := v.mine[key]
			if o := v.want.Objects[key]; o.Kind == kind && mine && now.Objects[key] != o {
				some = append(some, o)
			}
		}
		if kind == catalog.Trigger {
			slices.SortStableFunc(some, func(a, b catalog.Object) int { return place(a) - place(b) })
		}
		todo = append(todo, some...)
	}
	if err := eachUntilDone(todo, func(o catalog.Object) error { return v.create(ctx, o) }); err != nil {
		return err
	}
	return v.own.execAll(ctx, "SET NAMES utf8mb4", "SET SESSION sql_mode = "+literal(ownMode)+", time_zone = '+00:00'")
}

// place is a trigger's place among those of its moment.
func place(o catalog.Object) int {
	var n int
	if _, err := fmt.Sscan(o.Order[strings.LastIndexByte(o.Order, ' ')+1:], &n); err != nil {
		return 0
	}
	return n
}

// create makes an object under the settings that it was made under.
func (v *revert) create(ctx context.Context, o catalog.Object) error {
	v.tellf("create %s", o.Key())
	zone := "+00:00"
	if o.Settings.Zone != "" {
		zone = o.Settings.Zone
	}
	settings := []string{"SET SESSION sql_mode = " + literal(o.Settings.Mode) + ", time_zone = " + literal(zone)}
	text := o.Create
	if o.Settings.Client != "" {
		// The text was read as utf8mb4; only what the object keeps is the other's.
		settings = append(settings, "SET NAMES utf8mb4", "SET SESSION collation_connection = "+o.Settings.Collation)
		if o.Settings.Client != "utf8mb4" && plain(text) {
			settings = append(settings, "SET SESSION character_set_client = "+o.Settings.Client)
		}
	}
	if !v.server.maria && strings.HasSuffix(text, ";") {
		// MySQL keeps the semicolon of a program that was made together with more
		// statements, and of no other.
		text += " DO 0"
	}
	if err := v.own.execAll(ctx, append(settings, text)...); err != nil {
		return fmt.Errorf("make %s: %w", o.Key(), err)
	}
	return nil
}

// plain reports whether a text is the same in every character set of a client.
func plain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 0x7e }) < 0
}

// database puts back the default character set and collation.
func (v *revert) database(ctx context.Context) error {
	key := catalog.Object{Kind: catalog.Database, Name: v.name}.Key()
	if v.want.Objects[key] == v.now.Objects[key] {
		return nil
	}
	if err := v.unchanged(ctx, []string{key}); err != nil {
		return err
	}
	return v.own.exec(ctx, "ALTER DATABASE "+quote(v.name)+" "+v.want.Objects[key].Create)
}
