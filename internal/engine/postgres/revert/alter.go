package revert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// alterTable lists what turns the table cur into want. It leaves columns alone
// that only one of them has, and soft aspects.
func alterTable(k *work, want, cur *object) []string {
	table := "ALTER TABLE ONLY " + cur.Identity + " "
	var out []string
	for i := range want.Table.Columns {
		w := &want.Table.Columns[i]
		c := column(cur, w.Num)
		if c == nil {
			continue
		}
		// An identity column is never without NOT NULL.
		null, altered := alterNull(k, want, cur, w, c), alterColumn(cur, w, c)
		out = append(out, either(w.NotNull, slices.Concat(null, altered), slices.Concat(altered, null))...)
	}
	w, c := want.Table, cur.Table
	if w.Persistence != c.Persistence {
		out = append(out, table+"SET "+map[string]string{"u": "UNLOGGED", "p": "LOGGED"}[w.Persistence])
	}
	if w.Tablespace != c.Tablespace {
		space := w.Tablespace
		if space == "" {
			space = "pg_default"
		}
		out = append(out, table+"SET TABLESPACE "+catalog.Quote(space))
	}
	out = append(out, alterOptions(table, w.Options, c.Options)...)
	if w.RowSecurity != c.RowSecurity {
		out = append(out, table+either(w.RowSecurity, "ENABLE", "DISABLE")+" ROW LEVEL SECURITY")
	}
	if w.ForceRLS != c.ForceRLS {
		out = append(out, table+either(w.ForceRLS, "FORCE", "NO FORCE")+" ROW LEVEL SECURITY")
	}
	return out
}

// alterIndexUse lists what makes a table use its indexes as wanted. The indexes
// must be there.
func alterIndexUse(want, cur *object) []string {
	table := "ALTER TABLE " + cur.Identity + " "
	var out []string
	if w := want.Table.Replica; w != cur.Table.Replica {
		name, byIndex := strings.CutPrefix(w, "i:")
		words := replicaIdentities[w]
		if byIndex {
			words = "USING INDEX " + catalog.Quote(name)
		}
		out = append(out, "ALTER TABLE ONLY "+cur.Identity+" REPLICA IDENTITY "+words)
	}
	if w := want.Table.Cluster; w != cur.Table.Cluster {
		out = append(out, table+either(w == "", "SET WITHOUT CLUSTER", "CLUSTER ON "+catalog.Quote(w)))
	}
	return out
}

func alterColumn(cur *object, w, c *catalog.Column) []string {
	alter := "ALTER TABLE ONLY " + cur.Identity + " ALTER COLUMN " + catalog.Quote(c.Name) + " "
	identity := alter
	if cur.Table.Key != "" { // whose partitions have the same identity, from PostgreSQL 17 on
		identity = "ALTER TABLE " + cur.Identity + " ALTER COLUMN " + catalog.Quote(c.Name) + " "
	}
	var out []string
	if c.IdentitySeq != nil && w.IdentitySeq == nil {
		out = append(out, identity+"DROP IDENTITY")
	}
	out = append(out, alterIdentity(identity, w, c)...)
	if w.Compression != c.Compression {
		out = append(out, alter+"SET COMPRESSION "+either(w.Compression == "", "default", w.Compression))
	}
	if w.StatTarget != c.StatTarget {
		out = append(out, alter+"SET STATISTICS "+strconv.Itoa(w.StatTarget-1))
	}
	return append(out, alterOptions(alter, w.Options, c.Options)...)
}

func alterIdentity(alter string, w, c *catalog.Column) []string {
	if w.IdentitySeq == nil {
		return nil
	}
	kind := map[string]string{"a": "ALWAYS", "d": "BY DEFAULT"}[w.Identity]
	s := w.IdentitySeq
	if c.Identity == "" && w.CountsApart() {
		return []string{fmt.Sprintf("%sADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s)", alter, kind, s.Name),
			fmt.Sprintf("ALTER SEQUENCE %s AS %s %s RESTART", s.Name, s.Type, numbers(s))}
	}
	if c.IdentitySeq == nil {
		return []string{fmt.Sprintf("%sADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)", alter, kind, s.Name, numbers(s))}
	}
	var out []string
	if w.Identity != c.Identity {
		out = append(out, alter+"SET GENERATED "+kind)
	}
	if !sameNumbers(s, c.IdentitySeq) {
		out = append(out, fmt.Sprintf("ALTER SEQUENCE %s AS %s %s", c.IdentitySeq.Name, s.Type, numbers(s)))
	}
	return out
}

// alterLogged makes a sequence as persistent as wanted (PostgreSQL 15 and newer).
func alterLogged(identity string, want *catalog.Sequence) string {
	return "ALTER SEQUENCE " + identity + " SET " + either(want.Persistence == "u", "UNLOGGED", "LOGGED")
}

// numbers spells a sequence's options, the type left out.
func numbers(s *catalog.Sequence) string {
	return fmt.Sprintf("INCREMENT BY %d MINVALUE %d MAXVALUE %d START WITH %d CACHE %d %s",
		s.Increment, s.Min, s.Max, s.Start, s.Cache, either(s.Cycle, "CYCLE", "NO CYCLE"))
}

// alterOptions resets the options ("name=value") that are there and sets those
// that are wanted: the server keeps them in the order in which they were set.
func alterOptions(alter string, want, cur []string) []string {
	if slices.Equal(want, cur) {
		return nil
	}
	var set, reset []string
	for _, o := range want {
		name, value, _ := strings.Cut(o, "=")
		set = append(set, optionName(name)+"="+catalog.Literal(value))
	}
	for _, o := range cur {
		name, _, _ := strings.Cut(o, "=")
		reset = append(reset, optionName(name))
	}
	var out []string
	if len(reset) > 0 {
		out = append(out, alter+"RESET ("+joined(reset)+")")
	}
	if len(set) > 0 {
		out = append(out, alter+"SET ("+joined(set)+")")
	}
	return out
}

func optionName(s string) string {
	space, name, dotted := strings.Cut(s, ".")
	if dotted {
		return catalog.Quote(space) + "." + catalog.Quote(name)
	}
	return catalog.Quote(s)
}

func either[T any](first bool, yes, no T) T {
	if first {
		return yes
	}
	return no
}
