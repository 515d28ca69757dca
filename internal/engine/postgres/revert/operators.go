package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// alterOperator sets the estimators of an operator, which is all that every
// server can change of one.
func alterOperator(want, cur *object) ([]string, bool) {
	w, wantRestrict, wantJoin := withoutEstimators(want)
	c, restrict, join := withoutEstimators(cur)
	if w != c || !slices.Equal(want.Shells, cur.Shells) {
		return nil, false
	}
	var set []string
	if wantRestrict != restrict {
		set = append(set, "RESTRICT = "+either(wantRestrict == "", "NONE", wantRestrict))
	}
	if wantJoin != join {
		set = append(set, "JOIN = "+either(wantJoin == "", "NONE", wantJoin))
	}
	return []string{"ALTER OPERATOR " + cur.Identity + " SET (" + joined(set) + ")"}, len(set) > 0
}

// withoutEstimators takes the estimators out of an operator's definition.
func withoutEstimators(o *object) (rest, restrict, join string) {
	rest, join = takeOption(o.Create, "JOIN")
	rest, restrict = takeOption(rest, "RESTRICT")
	return rest, restrict, join
}

// takeOption takes ", word = schema.name" out of a definition.
func takeOption(create, word string) (rest, value string) {
	before, after, found := strings.Cut(create, ", "+word+" = ")
	if !found {
		return create, ""
	}
	n := tokenLength(after)
	if strings.HasPrefix(after[n:], ".") {
		n++
		n += tokenLength(after[n:])
	}
	return before + after[n:], after[:n]
}

// replaceAggregate uses CREATE OR REPLACE, which can change neither arguments nor
// kind nor result of an aggregate.
func replaceAggregate(want, cur *object) ([]string, bool) {
	if len(want.After) > 0 || len(cur.After) > 0 {
		return nil, false
	}
	return []string{want.Create}, slices.Equal(lasting(want), lasting(cur))
}

// lasting lists what CREATE OR REPLACE cannot change of an aggregate, and what
// its result follows from.
func lasting(o *object) []string {
	lines := strings.Split(strings.ReplaceAll(tail(o), ",\n", "\n"), "\n")
	return slices.DeleteFunc(lines, func(line string) bool {
		word, _, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
		switch word {
		case "SFUNC", "SSPACE", "FINALFUNC_MODIFY", "COMBINEFUNC", "SERIALFUNC", "DESERIALFUNC", "INITCOND", "MSFUNC", "MINVFUNC",
			"MSTYPE", "MSSPACE", "MFINALFUNC", "MFINALFUNC_EXTRA", "MFINALFUNC_MODIFY", "MINITCOND", "SORTOP", "PARALLEL":
			return true
		}
		return false
	})
}

// blocked says whether an object of a kind that cannot be renamed cannot move
// back to its schema either, for another has its place there. Such an object is
// made anew. cur is the state that o is of.
func blocked(before, cur *index, want, o *object) bool {
	if !o.Kind.Facts().Fixed || !schemaMoved(before, cur, want, o) {
		return false
	}
	home, known := before.schemas[want.Schema]
	return known && slices.ContainsFunc(cur.state.Objects, func(p catalog.Object) bool {
		return p.Kind == o.Kind && p.Address != o.Address && p.Name == want.Name && p.Signature() == o.Signature() && cur.schemas[p.Schema] == home
	})
}
