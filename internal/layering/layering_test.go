package layering_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"testing"
)

// listed is the part of `go list -json` that is judged. Deps has indirect ones too.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	for _, tags := range []string{"", "failpoint"} {
		packages := list(t, tags)
		if len(packages) < 3 {
			t.Fatalf("only %d packages listed", len(packages))
		}
		for _, violation := range violations(packages) {
			t.Errorf("tags %q: %s", tags, violation)
		}
	}
}

func TestViolationsAreFound(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, from, to string
		indirect       bool // to is reached through another package
		want           bool
	}{
		{"main to its commands", "cmd/safemigrate", "internal/cli", false, false},
		{"main to an engine", "cmd/safemigrate", "internal/engine/postgres", false, true},
		{"command to the wiring", "internal/cli", "", false, false},
		{"command to an engine", "internal/cli", "internal/engine/sqlite", false, true},
		{"wiring to an engine", "", "internal/engine/sqlite", false, false},
		{"wiring to a command", "", "internal/cli", false, true},
		{"engine to itself", "internal/engine/postgres", "internal/engine/postgres/catalog", false, false},
		{"engine to engine", "internal/engine/postgres", "internal/engine/sqlite", false, true},
		{"engine to the wiring", "internal/engine/postgres", "", false, true},
		{"engine to a convention", "internal/engine/postgres", "migrate/flyway", false, true},
		{"convention to convention", "migrate/flyway", "migrate/golangmigrate", false, true},
		{"convention to migrate", "migrate/flyway", "migrate", false, false},
		{"migrate to a convention", "migrate", "migrate/flyway", false, true},
		{"migrate to snapshot", "migrate", "snapshot", false, false},
		{"snapshot to migrate", "snapshot", "migrate", false, true},
		{"engine to the dump", "internal/engine/sqlite", "snapshot/dump", false, false},
		{"engine to a store", "internal/engine/sqlite", "snapshot/store/s3", false, true},
		{"wiring to a store", "", "snapshot/store/s3", false, false},
		{"dump to what a store is", "snapshot/dump", "snapshot/store", false, false},
		{"dump to a store", "snapshot/dump", "snapshot/store/dir", false, true},
		{"store to store", "snapshot/store/dir", "snapshot/store/memory", false, true},
		{"leaf to leaf", "internal/durable", "internal/failpoint", false, false},
		{"leaf to migrate", "internal/durable", "migrate", false, true},
		{"production to test support", "internal/engine/postgres", "internal/testpg", false, true},
		{"test support to anything", "internal/engine/enginetest", "", false, false},
		{"migrate to a driver", "migrate", "github.com/jackc/pgx/v5", false, true},
		{"migrate to a driver through a leaf", "migrate", "github.com/jackc/pgx/v5/pgconn", true, true},
		{"snapshot to cobra", "snapshot", "github.com/spf13/cobra", false, true},
		{"engine to its driver", "internal/engine/postgres", "github.com/jackc/pgx/v5", false, false},
		{"a place nobody knows", "utilities", "migrate", false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := listed{ImportPath: importPath(c.from), Deps: []string{importPath(c.to)}}
			if !c.indirect {
				p.Imports = p.Deps
			}
			if got := violations([]listed{p}); (len(got) > 0) != c.want {
				t.Errorf("violations %q, want some: %t", got, c.want)
			}
		})
	}
}

// importPath makes a path of ours from a directory, and leaves others alone.
func importPath(dir string) string {
	if dir == "" {
		return module
	}
	if isDriverOrTerminal(dir) {
		return dir
	}
	return module + "/" + dir
}

// violations names every import that goes the wrong way.
func violations(packages []listed) []string {
	var found []string
	for _, p := range packages {
		from, unit := place(p.ImportPath)
		if from == "" {
			found = append(found, p.ImportPath+" has no place in the layout: see the package comment")
			continue
		}
		if from == layerTest {
			continue
		}
		for _, imported := range p.Imports {
			if to, toUnit := place(imported); isOurs(imported) && !allowed(from, unit, to, toUnit) {
				found = append(found, fmt.Sprintf("%s (%s) imports %s (%s)", p.ImportPath, from, imported, to))
			}
		}
		if !slices.Contains(driverless, from) {
			continue
		}
		for _, dependency := range p.Deps {
			if isDriverOrTerminal(dependency) {
				found = append(found, fmt.Sprintf("%s (%s) depends on %s", p.ImportPath, from, dependency))
			}
		}
	}
	return found
}

func allowed(from layer, unit string, to layer, toUnit string) bool {
	return from == to && unit == toUnit || slices.Contains(mayImport[from], to)
}

// list asks the go command for the packages of this module, without their tests.
func list(t *testing.T, tags string) []listed {
	t.Helper()
	command := exec.Command("go", "list", "-tags="+tags, "-json=ImportPath,Imports,Deps", module+"/...")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatalf("reading go list's answer: %v", err)
		}
		packages = append(packages, p)
	}
}
