package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
)

// isProperty tells what is kept about a database from what is in it: its owner,
// privileges and comment, and settings. CREATE DATABASE … TEMPLATE takes none of it over.
func isProperty(o *catalog.Object) bool {
	return o.Kind == catalog.KindDatabase || o.Kind == catalog.KindSettings
}

// propertyKey names a property in databases that took each other's place.
func propertyKey(o *catalog.Object) string {
	if o.Kind == catalog.KindDatabase {
		return "database"
	}
	return fmt.Sprintf("settings %d", o.Address.OID)
}

func ownProperties(s *catalog.State) map[string]*catalog.Object {
	out := map[string]*catalog.Object{}
	if s == nil {
		return out
	}
	for i := range s.Objects {
		if o := &s.Objects[i]; isProperty(o) {
			out[propertyKey(o)] = o
		}
	}
	return out
}

// propertiesBack are those that the database is to have once batches are taken back:
// as before them where they changed one, otherwise as they are. What somebody changed
// since in another way than the batches is a conflict. after is nil where all that
// differs is the batch's work.
func propertiesBack(before, after, now *catalog.State) (back map[string]*catalog.Object, conflicts []string) {
	was, ended, is := ownProperties(before), ownProperties(after), ownProperties(now)
	if after == nil {
		ended = is
	}
	back = map[string]*catalog.Object{}
	for _, key := range keysOf(was, ended, is) {
		back[key] = is[key]
		switch {
		case sameProperty(was[key], ended[key]):
		case sameProperty(ended[key], is[key]):
			back[key] = was[key]
		default:
			conflicts = append(conflicts, "the "+key+" of the database: changed by the batch and since")
		}
		if back[key] == nil {
			delete(back, key)
		}
	}
	return back, conflicts
}

func keysOf(all ...map[string]*catalog.Object) []string {
	var keys []string
	for _, m := range all {
		for k := range m {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

func sameProperty(a, b *catalog.Object) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Same(*b)
}

// propertyStatements give a database properties; fresh are the privileges that it has.
func propertyStatements(identity string, back map[string]*catalog.Object, fresh []catalog.Grant) []string {
	var out []string
	for _, key := range keysOf(back) {
		o := back[key]
		if o.Kind == catalog.KindSettings {
			out = append(append(out, o.Create), o.After...)
			continue
		}
		out = append(out, revert.RegrantDatabase(identity, o.Grants, fresh)...)
		if o.Comment != "" {
			out = append(out, "COMMENT ON DATABASE "+identity+" IS "+catalog.Literal(o.Comment))
		}
	}
	return out
}

// tryProperties names the properties that this role could not give to another
// database: it tries those that the database has, and undoes it.
func (d *DB) tryProperties(ctx context.Context, have map[string]*catalog.Object) ([]string, error) {
	var out []string
	for _, key := range keysOf(have) {
		o := have[key]
		for _, g := range o.Grants {
			if g.Grantor != o.Owner {
				out = append(out, fmt.Sprintf("role %s has granted %s on the database, and only that role can do it again", g.Grantor, g.Privilege))
			}
		}
		for _, statement := range propertyStatements(o.Identity, map[string]*catalog.Object{key: o}, o.Grants) {
			if err := d.script(ctx, "SAVEPOINT safemigrate_try; "+statement); err != nil {
				out = append(out, fmt.Sprintf("%s %s: this role cannot give them to the clone: %v", o.Kind, o.Identity, err))
			}
			if err := d.script(ctx, "ROLLBACK TO SAVEPOINT safemigrate_try; RELEASE SAVEPOINT safemigrate_try"); err != nil {
				return nil, fmt.Errorf("try the settings of the database: %w", err)
			}
		}
	}
	return out, nil
}
