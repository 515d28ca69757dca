package mysql

import (
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// taken finds, before anything is changed, names that two objects would have: what comes
// back finds its own given to something else, by somebody, or by a batch that goes back
// with it.
func (v *revert) taken() error {
	var found []string
	owners := map[string]string{}
	for _, key := range catalog.Keys(v.want) {
		o := v.want.Objects[key]
		for _, name := range o.SharedNames(!v.server.maria) {
			owner := owners[name]
			was := v.now.Objects[key] == o && v.now.Objects[owner] == v.want.Objects[owner] // the server allows it
			if owner != "" && !was {
				found = append(found, fmt.Sprintf("%s and %s would both have %s", owner, key, name))
			}
			owners[name] = key
		}
	}
	if err := conflict(found); err != nil {
		return err
	}
	for _, table := range slices.Sorted(maps.Keys(v.source)) {
		found = append(found, v.source[table].apart...)
	}
	for i, m := range v.moves {
		away := slices.ContainsFunc(v.moves[:i], func(earlier [2]string) bool { return earlier[0] == m[1] })
		if _, there := v.now.Objects[catalog.Table+" "+m[1]]; there && !away {
			found = append(found, fmt.Sprintf("table %s was called %s, as another table is by now that goes back with it", m[0], m[1]))
		}
	}
	if len(found) > 0 {
		return &migrate.ConflictError{Conflicts: found, Inherent: true, Together: true}
	}
	return nil
}
