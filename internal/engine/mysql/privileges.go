package mysql

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// needed are the privileges on the database without which there is no way back:
// tables are copied and locked, dropped and made again, triggers and views too.
var needed = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "LOCK TABLES", "TRIGGER", "CREATE VIEW", "SHOW VIEW"}

var (
	grantPattern = regexp.MustCompile("^GRANT (.+) ON (\\*|`(?:[^`]|``)*`|\\S+)\\.\\* TO ")
	// What MySQL says of partial revokes: not in this database, though in all others.
	revokePattern = regexp.MustCompile("^REVOKE (.+) ON (`(?:[^`]|``)*`)\\.\\* FROM ")
)

// making are the privileges that it takes to make an object again.
var making = map[string]string{
	catalog.Procedure: "CREATE ROUTINE", catalog.Function: "CREATE ROUTINE", catalog.Package: "CREATE ROUTINE", catalog.Body: "CREATE ROUTINE",
	catalog.Library: "CREATE ROUTINE", catalog.Event: "EVENT",
}

// neededFor lists the privileges without which there is no way back from a batch: who may
// drop a procedure need not be allowed to make one.
func neededFor(f *footprint.Footprint, now catalog.State, whole bool) []string {
	needs, there := map[string]bool{}, catalog.Keys(now)
	for _, text := range f.Objects {
		kind, _, _ := strings.Cut(text, " ")
		key, drops := strings.CutSuffix(text, " dropped")
		if !drops && !strings.HasSuffix(text, " created") || slices.ContainsFunc(there, func(k string) bool { return strings.EqualFold(k, key) }) {
			needs[making[kind]] = true
		}
	}
	for _, o := range now.Objects {
		needs[making[o.Kind]] = needs[making[o.Kind]] || whole
	}
	return append(slices.Clone(needed), slices.DeleteFunc([]string{"CREATE ROUTINE", "EVENT"}, func(p string) bool { return !needs[p] })...)
}

// missingPrivileges names what this user may not do in the database. The server lists what
// a role gives where the role is active, as a default role is.
func (d *DB) missingPrivileges(ctx context.Context, needed []string) ([]string, error) {
	rows, err := d.ledger.query(ctx, "SHOW GRANTS")
	if err != nil {
		return nil, fmt.Errorf("read the privileges: %w", err)
	}
	has, revoked, role := map[string]bool{}, map[string]bool{}, ""
	for _, r := range rows {
		if m := revokePattern.FindStringSubmatch(r.Text(0)); m != nil {
			if m[2] == quote(d.name) {
				for p := range strings.SplitSeq(m[1], ", ") {
					revoked[p] = true
				}
			}
			continue
		}
		m := grantPattern.FindStringSubmatch(r.Text(0))
		switch {
		case strings.HasPrefix(r.Text(0), "GRANT ") && !strings.Contains(r.Text(0), " ON "):
			role = ", or makes the role that has it a default one"
			continue
		case len(m) < 3 || m[2] != "*" && !matchesDatabase(m[2], d.name):
			continue
		case strings.HasPrefix(m[1], "ALL PRIVILEGES"):
			return nil, nil
		}
		for p := range strings.SplitSeq(m[1], ", ") {
			has[p] = true
		}
	}
	lacks := slices.DeleteFunc(slices.Clone(needed), func(p string) bool { return has[p] && !revoked[p] })
	if len(lacks) == 0 {
		return nil, nil
	}
	return []string{fmt.Sprintf("the user %s lacks on database %s: %s; GRANT %s ON %s.* TO … gives it%s",
		d.user, d.name, strings.Join(lacks, ", "), strings.Join(lacks, ", "), quote(d.name), role)}, nil
}

// unmakeable lists the triggers and functions that this user may not make again,
// whoever their definer is: a server that writes a binary log takes them from an
// administrator alone, unless it is told to trust everybody.
func (d *DB) unmakeable(ctx context.Context, s catalog.State) (map[string]bool, error) {
	rows, err := d.ledger.query(ctx, "SHOW GLOBAL VARIABLES WHERE variable_name = 'log_bin' AND value = 'ON' OR variable_name = 'log_bin_trust_function_creators' AND value = 'OFF'")
	if err != nil {
		return nil, fmt.Errorf("ask for the binary log: %w", err)
	}
	grants, err := d.ledger.query(ctx, "SHOW GRANTS")
	if err != nil {
		return nil, fmt.Errorf("read the privileges: %w", err)
	}
	super := slices.ContainsFunc(grants, func(r migrate.Row) bool {
		return strings.Contains(r.Text(0), " ON *.* TO ") && (strings.Contains(r.Text(0), "ALL PRIVILEGES") || strings.Contains(r.Text(0), "SUPER"))
	})
	out := map[string]bool{}
	if len(rows) < 2 || super {
		return out, nil
	}
	for key, o := range s.Objects {
		out[key] = o.Kind == catalog.Trigger || o.Kind == catalog.Function
	}
	return out, nil
}

// matchesDatabase compares with a grant's pattern, in which % and _ are wild.
func matchesDatabase(pattern, name string) bool {
	pattern = strings.ReplaceAll(strings.Trim(pattern, "`"), "``", "`")
	var expression strings.Builder
	expression.WriteString("(?i)^")
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			expression.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		case c == '%':
			expression.WriteString(".*")
		case c == '_':
			expression.WriteString(".")
		default:
			expression.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	ok, err := regexp.MatchString(expression.String()+"$", name)
	return err == nil && ok
}
