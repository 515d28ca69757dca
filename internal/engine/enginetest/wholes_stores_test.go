//go:build unix

package enginetest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// written is a new file, which only its owner reads.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// identityOf makes a pair of keys: what a pipeline has, and the file of who restores.
func identityOf(t *testing.T) (recipient, file string) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key.Recipient().String(), written(t, "key.txt", key.String()+"\n")
}

// TestWholeDatabaseFromEveryStore exchanges the database for its dump wherever that lies
// and however it is encrypted, after other keys, or none, were refused before anything was
// touched. The quarantine of an undo needs no key: it is a database.
func TestWholeDatabaseFromEveryStore(t *testing.T) {
	t.Parallel()
	address, buckets := testtools.S3(t)
	bucket := func(t *testing.T, name string) string {
		t.Helper()
		if err := os.Mkdir(filepath.Join(buckets, name), 0o700); err != nil {
			t.Fatal(err)
		}
		return "s3://" + name + "/a/prefix?endpoint=http://" + address
	}
	for name, c := range map[string]struct {
		bucket, encrypted string
	}{
		"a directory, a passphrase":    {"", "passphrase"},
		"an object store, an identity": {"encrypted", "identity"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d, store := wholes(t, "DROP VIEW v; DROP TABLE orders; UPDATE customers SET name = 'gone'; TRUNCATE legacy;")
			if c.bucket != "" {
				store = bucket(t, c.bucket)
				p.Config.Store.URL = store
			}
			before := content(t, d)
			writing, reading, wrong := safemigrate.StoreConfig{URL: store}, safemigrate.StoreConfig{URL: store}, safemigrate.StoreConfig{URL: store}
			switch c.encrypted {
			case "identity":
				recipient, file := identityOf(t)
				_, other := identityOf(t)
				writing.Recipients, reading.Identities, wrong.Identities = []string{recipient}, []string{file}, []string{other}
			case "passphrase":
				writing.PassphraseFile = written(t, "phrase", "correct horse battery staple\n")
				reading, wrong.PassphraseFile = writing, written(t, "other", "incorrect horse\n")
			}
			p.Config.Store = writing
			if m := p.Up(t, safemigrate.UpOptions{}).Snapshot; m.Strategy != snapshot.Dump || m.Stored == nil {
				t.Fatalf("the snapshot is %+v", m)
			}
			after := content(t, d)
			if c.encrypted != "" {
				for _, keys := range []safemigrate.StoreConfig{wrong, {URL: store}} {
					p.Config.Store = keys
					_, err := p.TryRollback(t, wholly)
					enginetest.Fails(t, err, migrate.NoWayBack, "key", "--identity")
				}
				hasContent(t, d, after, "after other keys")
				if left := clonesOf(t, d); len(left) > 0 {
					t.Errorf("a refused rollback leaves %q", left)
				}
			}
			p.Config.Store = reading
			p.Rollback(t, wholly)
			hasContent(t, d, before, "after the rollback")
			p.Config.Store, p.Config.Strategy = safemigrate.StoreConfig{}, ""
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			hasContent(t, d, after, "after the undo")
			p.Config.Store = reading
			p.Rollback(t, wholly)
			hasContent(t, d, before, "after the second rollback")
			verified(t, p)
		})
	}
}

// TestWholeDatabaseOverSeveralDumps takes several batches back with one exchange, to the
// dump of the oldest, and that undone; a batch before them can still be taken back.
func TestWholeDatabaseOverSeveralDumps(t *testing.T) {
	t.Parallel()
	p, d, _ := wholes(t, "DELETE FROM legacy WHERE id > 50; UPDATE customers SET name = name || '!' WHERE id < 10;")
	d.Exec(t, "DROP MATERIALIZED VIEW names") // it would come back refreshed
	versions := []string{"", content(t, d)}
	p.Up(t, safemigrate.UpOptions{})
	for i, sql := range []string{
		"DROP VIEW v; ALTER TABLE orders DROP total CASCADE; INSERT INTO customers SELECT i, 'later' FROM generate_series(9001, 9100) i;",
		"CREATE TABLE made (id int PRIMARY KEY); INSERT INTO made VALUES (1); DROP TABLE orders;",
		"ALTER TABLE customers RENAME TO clients; TRUNCATE legacy; UPDATE made SET id = 2;",
	} {
		versions = append(versions, content(t, d))
		p.Add(map[string]string{fmt.Sprintf("%d_more.up.sql", i+3): sql})
		p.Up(t, safemigrate.UpOptions{})
	}
	newest := content(t, d)
	to := func(tag string) safemigrate.RollbackOptions {
		return safemigrate.RollbackOptions{Whole: true, To: &tag}
	}
	done := p.Rollback(t, to("2"))
	hasContent(t, d, versions[2], "after three batches at once")
	if len(done.Undone) != 3 || done.Losses() != 0 || len(clonesOf(t, d)) != 1 {
		t.Errorf("the report is %+v", done)
	}
	verified(t, p)
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	hasContent(t, d, newest, "after the undo")
	p.Rollback(t, to("1"))
	hasContent(t, d, versions[1], "after all four at once")
	p.Up(t, safemigrate.UpOptions{To: "3"})
	hasContent(t, d, versions[3], "after the same two again")
	d.Exec(t, "INSERT INTO legacy VALUES (7000, 'mine')")
	report, err := p.TryRollback(t, to("1"))
	enginetest.Fails(t, err, migrate.Undecided, "written since")
	if asked := writtenSince(report); asked != "public.legacy" {
		t.Errorf("asked about %q", asked)
	}
}

// writtenSince names the tables that a rollback asks about.
func writtenSince(r *safemigrate.RollbackReport) string {
	var names []string
	for _, t := range r.Tables {
		if t.Written != 0 || t.Gone != 0 {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, " ")
}
