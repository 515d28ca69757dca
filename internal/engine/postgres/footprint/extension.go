package footprint

import (
	"maps"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// harmless names extensions of whose functions in C it is certain, by their
// documentation, that none writes to a table. Those that run a text are told
// apart by runsText. What implements its functions over tables of the user's in C
// (postgis_topology) or calls functions of the user's back (postgis_raster) is not
// among them.
var harmless = setOf("uuid-ossp", "pgcrypto", "pg_trgm", "pg_stat_statements", "hstore", "citext", "ltree", "unaccent", "fuzzystrmatch",
	"tablefunc", "intarray", "cube", "earthdistance", "seg", "isn", "btree_gin", "btree_gist", "bloom", "pageinspect", "pg_buffercache",
	"pg_freespacemap", "pg_visibility", "pg_walinspect", "pgrowlocks", "pgstattuple", "amcheck", "sslinfo", "tsm_system_rows", "tsm_system_time",
	"dict_int", "dict_xsyn", "xml2", "tcn", "pg_prewarm", "file_fdw", "postgres_fdw", "vector", "pgaudit", "hypopg", "plpgsql")

// contained names extensions whose scripts make objects of their own and touch no
// other.
var contained = func() map[string]bool {
	out := setOf("postgis", "postgis_topology", "postgis_raster", "ip4r", "pg_hint_plan", "pgtap", "rum", "h3")
	maps.Copy(out, harmless)
	return out
}()

func setOf(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// runsText reports whether a function is one of an extension's that run a text as
// a query: it can call any function.
func runsText(r *routine) bool {
	for _, b := range r.bodies {
		if b.extension == "tablefunc" && (isCrosstab(r) || r.name.name == "connectby") || b.extension == "xml2" && r.name.name == "xpath_table" {
			return true
		}
	}
	return false
}

func isCrosstab(r *routine) bool { return strings.HasPrefix(r.name.name, "crosstab") }

// textGiven runs the texts that such a function is given. Those of connectby and
// xpath_table are parts of a query.
func (w *walker) textGiven(r *routine, args []*tree.Node) {
	if !isCrosstab(r) {
		w.whole("function " + r.name.label() + " runs a text")
		return
	}
	for _, a := range args {
		if a.GetAConst().GetIval() == nil { // a number of columns
			w.execute(a, "a query text given to "+r.name.label())
		}
	}
}
