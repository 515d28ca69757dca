package flyway

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var dotted = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*$`)

// readVersion gives the dotted form that the history stores; leading zeros stay.
func readVersion(written string) (string, error) {
	version := strings.ReplaceAll(written, "_", ".")
	if !dotted.MatchString(version) {
		return "", errors.New("a version may contain only digits, and dots or underscores between them")
	}
	if len(version) > maxVersion {
		return "", fmt.Errorf("a version may have at most %d characters", maxVersion)
	}
	return version, nil
}

// parts are the numbers of a version without leading zeros and without trailing
// zero parts, so that equal versions have equal parts.
func parts(version string) []string {
	list := strings.Split(strings.ReplaceAll(version, "_", "."), ".")
	for i := range list {
		list[i] = strings.TrimLeft(list[i], "0")
	}
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}

// key is the same for versions that compare as equal.
func key(version string) string { return strings.Join(parts(version), ".") }

// compareVersions orders versions; "" stands before all, also before 0.
func compareVersions(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(min(len(a), 1), min(len(b), 1))
	}
	x, y := parts(a), parts(b)
	for i := range min(len(x), len(y)) {
		// Without leading zeros the longer number is the larger one.
		if c := cmp.Or(cmp.Compare(len(x[i]), len(y[i])), strings.Compare(x[i], y[i])); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}
