package layering_test

import (
	"slices"
	"strings"
)

const module = "github.com/safemigrate/safemigrate"

// layer is a place in the direction of imports.
type layer string

const (
	layerCmd        layer = "cmd"
	layerCLI        layer = "internal/cli"
	layerRoot       layer = "safemigrate"
	layerEngine     layer = "an engine"
	layerConvention layer = "a convention"
	layerStore      layer = "a store"
	layerMigrate    layer = "migrate"
	layerSnapshot   layer = "snapshot"
	layerLeaf       layer = "a leaf"
	layerTest       layer = "test support"
)

// mayImport is the direction: what each layer may import besides packages of its
// own unit. Test support may import everything, and only tests import it.
var mayImport = map[layer][]layer{
	layerCmd:        {layerCLI, layerLeaf},
	layerCLI:        {layerRoot, layerMigrate, layerSnapshot, layerLeaf},
	layerRoot:       {layerEngine, layerConvention, layerStore, layerMigrate, layerSnapshot, layerLeaf},
	layerEngine:     {layerMigrate, layerSnapshot, layerLeaf},
	layerConvention: {layerMigrate, layerSnapshot, layerLeaf},
	layerStore:      {layerSnapshot, layerLeaf},
	layerMigrate:    {layerSnapshot, layerLeaf},
	layerSnapshot:   {layerLeaf},
	layerLeaf:       {layerLeaf},
}

// driverless layers know no database driver and no terminal, even indirectly.
var driverless = []layer{layerMigrate, layerSnapshot, layerConvention}

// driversAndTerminals are import paths, each with all below it.
var driversAndTerminals = []string{
	"database/sql",
	"github.com/jackc/pgx",
	"github.com/jackc/pgconn",
	"github.com/lib/pq",
	"github.com/go-sql-driver/mysql",
	"github.com/ncruces/go-sqlite3",
	"github.com/mattn/go-sqlite3",
	"modernc.org/sqlite",
	"github.com/golang-migrate/migrate/v4/database/postgres",
	"github.com/golang-migrate/migrate/v4/database/pgx",
	"github.com/golang-migrate/migrate/v4/database/sqlite",
	"github.com/spf13/cobra",
	"github.com/spf13/pflag",
	"golang.org/x/term",
}

// testSupport is imported by tests alone.
var testSupport = []string{"internal/testpg", "internal/testmy", "internal/testserver", "internal/testconn", "internal/testtools", "internal/engine/enginetest", "internal/layering", "migrations", "snapshot/store/storetest"}

// place tells where a package of ours stands. The unit is the directory within
// which packages may import each other freely. Unknown places have no layer.
func place(importPath string) (at layer, unit string) {
	if importPath == module {
		return layerRoot, ""
	}
	path := strings.TrimPrefix(importPath, module+"/")
	parts := strings.Split(path, "/")
	for _, support := range testSupport {
		if within(path, support) {
			return layerTest, support
		}
	}
	switch {
	case parts[0] == "cmd":
		return layerCmd, path
	case within(path, "internal/cli"):
		return layerCLI, "internal/cli"
	case within(path, "internal/engine") && len(parts) > 2:
		return layerEngine, strings.Join(parts[:3], "/")
	case parts[0] == "internal":
		return layerLeaf, path
	case path == "migrate":
		return layerMigrate, path
	case parts[0] == "migrate":
		return layerConvention, strings.Join(parts[:2], "/")
	case path == "snapshot", path == "snapshot/store", path == "snapshot/dump":
		return layerSnapshot, "snapshot"
	case within(path, "snapshot/store") && len(parts) > 2:
		return layerStore, strings.Join(parts[:3], "/")
	default:
		return "", path
	}
}

func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}

func isOurs(importPath string) bool { return within(importPath, module) }

func isDriverOrTerminal(importPath string) bool {
	return slices.ContainsFunc(driversAndTerminals, func(dir string) bool { return within(importPath, dir) })
}
