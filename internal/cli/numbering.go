package cli

import (
	"math/big"
	"regexp"
	"strings"
	"time"
)

var (
	migrateName = regexp.MustCompile(`^([0-9]+)_.*\.(?:up|down)\.[^.]+$`)
	flywayName  = regexp.MustCompile(`^[VUB]([0-9]+(?:[._][0-9]+)*)__.*\.[Ss][Qq][Ll]$`)
	flywayOther = regexp.MustCompile(`^R__.*\.[Ss][Qq][Ll]$`)
)

// stamp is the form of version numbers that are points in time.
const stamp = "20060102150405"

// nextFiles names the next migration's files.
func nextFiles(existing []string, convention, name string, down bool) ([]string, error) {
	if convention == "" {
		convention = conventionOf(existing)
	}
	if convention == "flyway" {
		if down {
			return nil, usage("leave --down out: rollback needs no down file", "Flyway's names have no down file")
		}
		return []string{"V" + nextVersion(existing, flywayName, 1) + "__" + name + ".sql"}, nil
	}
	version := nextVersion(existing, migrateName, 6)
	files := []string{version + "_" + name + ".up.sql"}
	if down {
		files = append(files, version+"_"+name+".down.sql")
	}
	return files, nil
}

// conventionOf tells whose names a directory has most of.
func conventionOf(names []string) string {
	flyway, migrate := 0, 0
	for _, n := range names {
		switch {
		case flywayName.MatchString(n), flywayOther.MatchString(n):
			flyway++
		case migrateName.MatchString(n):
			migrate++
		}
	}
	if flyway > migrate {
		return "flyway"
	}
	return "golang-migrate"
}

// nextVersion is one more than the highest version's first part, in as many
// digits; where versions are points in time it is now.
func nextVersion(names []string, pattern *regexp.Regexp, digits int) string {
	highest := new(big.Int)
	for _, n := range names {
		m := pattern.FindStringSubmatch(n)
		if m == nil {
			continue
		}
		first, _, _ := strings.Cut(strings.ReplaceAll(m[1], "_", "."), ".")
		v, ok := new(big.Int).SetString(first, 10)
		if ok && v.Cmp(highest) > 0 {
			highest, digits = v, len(first)
		}
	}
	next := highest.Add(highest, big.NewInt(1))
	if digits == len(stamp) {
		if now := time.Now().UTC().Format(stamp); now > next.String() {
			return now
		}
	}
	text := next.String()
	return strings.Repeat("0", max(digits-len(text), 0)) + text
}
