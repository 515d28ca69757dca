package mysql

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// needed are the privileges on the database without which there is no way back:
// tables are copied and locked, dropped and made again, triggers and views too.
var needed = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "LOCK TABLES", "TRIGGER", "CREATE VIEW", "SHOW VIEW"}

var grantPattern = regexp.MustCompile("^GRANT (.+) ON (\\*|`(?:[^`]|``)*`|\\S+)\\.\\* TO ")

// missingPrivileges names what this user may not do in the database. Where
// privileges come by a role, the server is not asked for them.
func (d *DB) missingPrivileges(ctx context.Context) ([]string, error) {
	rows, err := d.ledger.query(ctx, "SHOW GRANTS")
	if err != nil {
		return nil, fmt.Errorf("read the privileges: %w", err)
	}
	has := map[string]bool{}
	for _, r := range rows {
		m := grantPattern.FindStringSubmatch(r.Text(0))
		switch {
		case m == nil && !strings.Contains(r.Text(0), " ON "):
			return nil, nil // a role
		case len(m) < 3 || m[2] != "*" && !matchesDatabase(m[2], d.name):
			continue
		case strings.HasPrefix(m[1], "ALL PRIVILEGES"):
			return nil, nil
		}
		for p := range strings.SplitSeq(m[1], ", ") {
			has[p] = true
		}
	}
	lacks := slices.DeleteFunc(slices.Clone(needed), func(p string) bool { return has[p] })
	if len(lacks) == 0 {
		return nil, nil
	}
	return []string{fmt.Sprintf("the user %s lacks on database %s: %s; GRANT %s ON %s.* TO … gives it",
		d.user, d.name, strings.Join(lacks, ", "), strings.Join(lacks, ", "), quote(d.name))}, nil
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
