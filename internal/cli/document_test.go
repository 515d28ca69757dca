package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

const documentation = "../../docs/json.md"

// documents are the answers of the commands, under the headings of docs/json.md.
var documents = map[string]any{
	"safemigrate/up/1":              upDocument{},
	"safemigrate/plan/1":            planDocument{},
	"safemigrate/prepare/1":         prepareDocument{},
	"safemigrate/rollback/1":        rollbackDocument{},
	"safemigrate/status/1":          statusDocument{},
	"safemigrate/recover/1":         recoverDocument{},
	"safemigrate/snapshot-list/1":   snapshotListDocument{},
	"safemigrate/snapshot-show/1":   snapshotDocument{},
	"safemigrate/snapshot-verify/1": snapshotVerifyDocument{},
	"safemigrate/snapshot-prune/1":  pruneDocument{},
	storeListSchema:                 storeListDocument{},
	storeShowSchema:                 storeShowDocument{},
	storeVerifySchema:               storeVerifyDocument{},
	exportSchema:                    exportDocument{},
	restoreSchema:                   restoreDocument{},
	pinSchema:                       pinDocument{},
	"safemigrate/new/1":             newDocument{},
	"safemigrate/version/1":         versionDocument{},
	"safemigrate/error/1":           errorDocument{},
}

// objects are the parts that several documents share.
var objects = map[reflect.Type]string{
	reflect.TypeFor[snapshot.Database]():        "database",
	reflect.TypeFor[snapshot.Manifest]():        "manifest",
	reflect.TypeFor[snapshot.Table]():           "kept table",
	reflect.TypeFor[snapshot.Stored]():          "place in a store",
	reflect.TypeFor[storedSnapshot]():           "stored snapshot",
	reflect.TypeFor[snapshotContents]():         "stored contents",
	reflect.TypeFor[storedPart]():               "stored part",
	reflect.TypeFor[storeVerified]():            "verified snapshot",
	reflect.TypeFor[snapshot.Prepared]():        "standing table",
	reflect.TypeFor[migrate.PrepareReport]():    "preparation",
	reflect.TypeFor[migrate.PreparedTable]():    "prepared table",
	reflect.TypeFor[migrate.LeftTable]():        "left table",
	reflect.TypeFor[migrate.AppliedMigration](): "applied migration",
	reflect.TypeFor[migrate.PlannedMigration](): "planned migration",
	reflect.TypeFor[migrate.PendingFile]():      "pending file",
	reflect.TypeFor[migrate.Effect]():           "effect",
	reflect.TypeFor[migrate.Estimate]():         "estimate",
	reflect.TypeFor[migrate.TableEstimate]():    "table estimate",
	reflect.TypeFor[migrate.Footprint]():        "footprint",
	reflect.TypeFor[migrate.TableFootprint]():   "table footprint",
	reflect.TypeFor[migrate.ColumnFootprint]():  "column footprint",
	reflect.TypeFor[migrate.WholeReason]():      "whole reason",
	reflect.TypeFor[migrate.WidenedTable]():     "widened table",
	reflect.TypeFor[migrate.Hazard]():           "hazard",
	reflect.TypeFor[migrate.LockNote]():         "lock note",
	reflect.TypeFor[migrate.SessionNote]():      "session note",
	reflect.TypeFor[migrate.RollbackEstimate](): "rollback estimate",
	reflect.TypeFor[migrate.TableForecast]():    "table forecast",
	reflect.TypeFor[migrate.TableReport]():      "table report",
	reflect.TypeFor[migrate.Problem]():          "problem",
	reflect.TypeFor[migrate.Batch]():            "batch",
	reflect.TypeFor[migrate.Applied]():          "remembered migration",
	reflect.TypeFor[migrate.History]():          "history",
	reflect.TypeFor[migrate.Entry]():            "history entry",
	reflect.TypeFor[migrate.Actor]():            "actor",
	reflect.TypeFor[migrate.RollbackTarget]():   "rollback target",
	reflect.TypeFor[migrate.PrunedSnapshot]():   "pruned snapshot",
}

// TestDocumentsAreDocumented compares the fields of every document with the
// tables of docs/json.md: name, type and whether it is always there.
func TestDocumentsAreDocumented(t *testing.T) {
	t.Parallel()
	written := documentedFields(t)
	want := map[string][]string{}
	for name, document := range documents {
		want[name] = fieldsOf(t, reflect.TypeOf(document))
	}
	for kind, name := range objects {
		want[name] = fieldsOf(t, kind)
	}
	for name, fields := range want {
		if !slices.Equal(written[name], fields) {
			t.Errorf("docs/json.md, %s: has\n%s\nwant\n%s", name, strings.Join(written[name], "\n"), strings.Join(fields, "\n"))
		}
		delete(written, name)
	}
	for name := range written {
		t.Errorf("docs/json.md: nothing is called %q", name)
	}
}

// fieldsOf lists the fields of a document as the beginnings of table rows.
func fieldsOf(t *testing.T, kind reflect.Type) []string {
	t.Helper()
	var fields []string
	for f := range kind.Fields() {
		if f.Anonymous {
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			fields = append(fields, fieldsOf(t, inner)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			t.Errorf("%s.%s has no JSON name", kind, f.Name)
		}
		presence := "always"
		if strings.Contains(options, "omit") {
			presence = "unless empty"
		}
		fields = append(fields, fmt.Sprintf("| %#q | %s | %s |", name, typeWord(t, f.Type), presence))
	}
	return fields
}

func typeWord(t *testing.T, kind reflect.Type) string {
	t.Helper()
	if name, ok := objects[kind]; ok {
		return name
	}
	if kind == reflect.TypeFor[time.Time]() {
		return "time"
	}
	switch kind.Kind() {
	case reflect.Pointer:
		return typeWord(t, kind.Elem())
	case reflect.Slice:
		return "list of " + typeWord(t, kind.Elem())
	case reflect.Map:
		return "map of " + typeWord(t, kind.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint32:
		return "integer"
	case reflect.Interface:
		return "document"
	default:
		t.Errorf("%s has no word in docs/json.md", kind)
		return kind.String()
	}
}

var (
	heading  = regexp.MustCompile("^#+ (?:.*`(safemigrate/[a-z-]+/[0-9]+)`|(.+))$")
	fieldRow = regexp.MustCompile("^(\\| `[a-z_]+` \\| [^|]+ \\| [^|]+ \\|) \\S.*\\|$")
)

// documentedFields reads the tables of docs/json.md, by the heading above them.
func documentedFields(t *testing.T) map[string][]string {
	t.Helper()
	content, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string][]string{}
	at := ""
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if m := heading.FindStringSubmatch(line); m != nil {
			at = m[1] + m[2]
		}
		if m := fieldRow.FindStringSubmatch(line); m != nil {
			fields[at] = append(fields[at], m[1])
		}
	}
	return fields
}

var example = regexp.MustCompile("(?s)<!-- example: ([a-z_]+\\.json) -->\n```json\n(.*?)```\n")

// TestExamplesAreReal compares the examples of docs/json.md with what the
// commands print.
func TestExamplesAreReal(t *testing.T) {
	content, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	fresh := example.ReplaceAllFunc(content, func(block []byte) []byte {
		name := string(example.FindSubmatch(block)[1])
		text, err := os.ReadFile(filepath.Join("testdata", "golden", name))
		if err != nil {
			t.Error(err)
			return block
		}
		var d struct{ Schema string }
		if err := json.Unmarshal(text, &d); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		seen[d.Schema] = true
		return []byte("<!-- example: " + name + " -->\n```json\n" + string(text) + "```\n")
	})
	for name := range documents {
		if !seen[name] {
			t.Errorf("docs/json.md has no example of %s", name)
		}
	}
	switch {
	case bytes.Equal(fresh, content):
	case *update:
		if err := os.WriteFile(documentation, fresh, 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("an example in docs/json.md is not what the command prints (-update writes it)")
	}
}
