package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/migrate"
)

// objectPiece is how much of a large object is read at once.
const objectPiece = 1 << 20

// readableObject (SQL, of a row m) tells whether this role may read a large object. The
// server has no function for it before PostgreSQL 18.
const readableObject = `(pg_catalog.current_setting('lo_compat_privileges')::bool OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
	OR EXISTS (SELECT 1 FROM pg_catalog.aclexplode(coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) a
		WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE'))))`

// readObjects sums up the contents of the large objects that this role may read, by OID.
func (d *DB) readObjects(ctx context.Context) (map[string]string, error) {
	found, err := d.Query(ctx, `SELECT m.oid FROM pg_catalog.pg_largeobject_metadata m WHERE `+readableObject)
	if err != nil {
		return nil, fmt.Errorf("list the large objects: %w", err)
	}
	out := map[string]string{}
	for _, r := range found {
		sum := sha256.New()
		for at := int64(0); ; at += objectPiece {
			var piece []byte
			err := d.conn.QueryRow(ctx, `SELECT pg_catalog.lo_get($1::text::oid, $2, $3)`, r.Text(0), at, objectPiece).Scan(&piece)
			if err != nil {
				return nil, fmt.Errorf("read large object %s: %w", r.Text(0), plain(err))
			}
			_, _ = sum.Write(piece)
			if len(piece) < objectPiece {
				break
			}
		}
		out[r.Text(0)] = hex.EncodeToString(sum.Sum(nil))
	}
	return out, nil
}

// objectProperties is what there is of the large objects beside their contents, in one
// value: which there are, their owners, privileges, comments and security labels.
func (d *DB) objectProperties(ctx context.Context) (string, error) {
	found, err := d.Query(ctx, `SELECT pg_catalog.count(*) || ':' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(',', m.oid, pg_catalog.pg_get_userbyid(m.lomowner),
			ARRAY(SELECT a::text FROM pg_catalog.unnest(coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) a ORDER BY 1),
			pg_catalog.obj_description(m.oid, 'pg_largeobject'),
			ARRAY(SELECT l.provider || ' ' || l.label FROM pg_catalog.pg_seclabel l WHERE l.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass AND l.objoid = m.oid ORDER BY 1)), 0)), 0)
		FROM pg_catalog.pg_largeobject_metadata m`)
	if err != nil {
		return "", fmt.Errorf("look at the large objects: %w", err)
	}
	return found[0].Text(0), nil
}

// objects are the large objects at one moment.
type objects struct {
	contents   map[string]string // a sum of each that this role may read, by OID
	properties string
}

func (d *DB) allObjects(ctx context.Context) (o objects, err error) {
	if o.contents, err = d.readObjects(ctx); err != nil {
		return o, err
	}
	o.properties, err = d.objectProperties(ctx)
	return o, err
}

// value is all that there is of them, in one value.
func (o objects) value() string {
	sum := sha256.New()
	for _, oid := range slices.Sorted(maps.Keys(o.contents)) {
		_, _ = fmt.Fprintln(sum, oid, o.contents[oid])
	}
	return o.properties + ":" + hex.EncodeToString(sum.Sum(nil))
}

// sumObjects is all that there is of the large objects, in one value.
func (d *DB) sumObjects(ctx context.Context) (string, error) {
	o, err := d.allObjects(ctx)
	if err != nil {
		return "", err
	}
	return o.value(), nil
}

// objectsUnaltered makes sure that the large objects are still those that were counted. No
// lock keeps an ordinary role's hands on them, so that they are read again.
func (x *exchange) objectsUnaltered(ctx context.Context) error {
	started := time.Now()
	now, err := x.sumObjects(ctx)
	if err != nil {
		return err
	}
	x.summing = time.Since(started)
	if now != x.objects.value() {
		return &migrate.ConflictError{Conflicts: []string{objectsName + " were written, made or dropped by somebody else meanwhile"}}
	}
	return nil
}

// objectsIn is the number of large objects that a value stands for.
func objectsIn(value string) int64 {
	count, _, _ := strings.Cut(value, ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// closedObjects names what keeps this role from dumping the large objects: pg_dump reads
// all of them, or none.
func (d *DB) closedObjects(ctx context.Context) (string, error) {
	found, err := d.Query(ctx, `SELECT m.oid, pg_catalog.pg_get_userbyid(m.lomowner), pg_catalog.count(*) OVER ()
		FROM pg_catalog.pg_largeobject_metadata m WHERE NOT `+readableObject+` ORDER BY m.oid LIMIT 1`)
	if err != nil || len(found) == 0 {
		return "", err
	}
	what := "large object " + found[0].Text(0) + " of role " + found[0].Text(1)
	if n, err := strconv.Atoi(found[0].Text(2)); err == nil && n > 1 {
		what += fmt.Sprintf(" and %d more", n-1)
	}
	return what + " cannot be read (GRANT SELECT ON LARGE OBJECT: a dump holds the whole database)", nil
}

// foreignObjects names the large objects of the dump that this role could not give to their
// owners again.
func (f *fromDump) foreignObjects(may []string) ([]string, error) {
	owners, err := dump.ObjectOwners(f.dumped.schema())
	if err != nil {
		return nil, damaged(err)
	}
	var out []string
	for _, role := range slices.Sorted(maps.Keys(owners)) {
		if !slices.Contains(may, role) {
			out = append(out, fmt.Sprintf("large object %s belongs to role %s, and this role cannot give it to that one", owners[role], role))
		}
	}
	return out, nil
}

// sameObjects makes sure that the large objects of a restored database have the owners,
// privileges and comments that they had; pg_restore has loaded the contents.
func (f *fromDump) sameObjects(ctx context.Context, there *DB) error {
	want := f.oldest().kept.Objects
	if want == "" {
		return nil // an earlier version took the snapshot
	}
	is, err := there.objectProperties(ctx)
	if err == nil && is != want {
		return &migrate.ConflictError{Conflicts: []string{"the large objects would not be what they were: their owners, privileges or comments"}, Inherent: true}
	}
	return err
}
