package pgarchive_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/safemigrate/safemigrate/internal/pgarchive"
)

// TestKeysAreBuiltAhead has a unique index made for each key that the server takes one
// over for, and leaves every other constraint as it is.
func TestKeysAreBuiltAhead(t *testing.T) {
	t.Parallel()
	const add = "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT k "
	for name, c := range map[string]struct{ table, definition, index, constraint string }{
		"primary key": {definition: add + "PRIMARY KEY (id);\n", index: "CREATE UNIQUE INDEX k ON public.t USING btree (id);\n", constraint: add + "PRIMARY KEY USING INDEX k;\n"},
		"all that can be": {definition: add + "UNIQUE NULLS NOT DISTINCT (\"a\"\"b (\", c) INCLUDE (d) WITH (fillfactor='70') DEFERRABLE INITIALLY DEFERRED;\n\nALTER TABLE public.t CLUSTER ON k;\n",
			index:      "CREATE UNIQUE INDEX k ON public.t USING btree (\"a\"\"b (\", c) INCLUDE (d) NULLS NOT DISTINCT WITH (fillfactor='70');\n",
			constraint: add + "UNIQUE USING INDEX k DEFERRABLE INITIALLY DEFERRED;\n\nALTER TABLE public.t CLUSTER ON k;\n"},
		"exclusion":        {definition: add + "EXCLUDE USING gist (r WITH &&);\n"},
		"without overlaps": {definition: add + "PRIMARY KEY (id, at WITHOUT OVERLAPS);\n"},
		"check":            {definition: "ALTER TABLE public.t\n    ADD CONSTRAINT k CHECK ((id > 0)) NOT VALID;\n"},
		"partitioned":      {table: "CREATE TABLE public.t (\n    id integer NOT NULL\n)\nPARTITION BY LIST (id);\n", definition: add + "PRIMARY KEY (id);\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := pgarchive.Entry{ID: 7, Kind: pgarchive.Some("TABLE"), Definition: pgarchive.Some(c.table), Section: pgarchive.PreData}
			key := pgarchive.Entry{ID: 9, Kind: pgarchive.Some("CONSTRAINT"), Definition: pgarchive.Some(c.definition), Section: pgarchive.PostData,
				DependsOn: []pgarchive.Text{pgarchive.Some("7")}, Tablespace: pgarchive.Some("fast")}
			a := &pgarchive.Archive{Entries: []pgarchive.Entry{table, key}}
			a.BuildKeysAhead()
			if c.index == "" {
				if len(a.Entries) != 2 || a.Entries[1].Definition != key.Definition {
					t.Errorf("got %+v", a.Entries)
				}
				return
			}
			if len(a.Entries) != 3 {
				t.Fatalf("got %+v", a.Entries)
			}
			index, constraint := a.Entries[1], a.Entries[2]
			if index.Definition.Value != c.index || index.Kind.Value != "INDEX" || index.Tablespace.Value != "fast" || index.Section != pgarchive.PostData {
				t.Errorf("the index is %+v", index)
			}
			if constraint.Definition.Value != c.constraint || constraint.ID != 9 || !slices.Contains(constraint.DependsOn, pgarchive.Some(strconv.Itoa(index.ID))) || index.ID < 10 {
				t.Errorf("the constraint is %+v", constraint)
			}
		})
	}
}
