package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// head is a definition up to its options.
func head(o *object) string { return strings.TrimSuffix(o.Create, catalog.OptionList(o.Options)) }

// alterWrapper: handler and validator are spelled out in the definition, and
// ALTER takes the same words.
func alterWrapper(want, cur *object) ([]string, bool) {
	var out []string
	if head(want) != head(cur) {
		out = append(out, "ALTER "+strings.TrimPrefix(head(want), "CREATE "))
	}
	return append(out, optionSteps(want, cur)...), supported(want, cur)
}

// alterServer cannot take a version away, nor change the type or wrapper.
func alterServer(want, cur *object) ([]string, bool) {
	version := func(o *object) string { return " VERSION " + catalog.Literal(o.Version) }
	var out []string
	if want.Version != cur.Version {
		out = append(out, "ALTER SERVER "+cur.Identity+version(want))
	}
	rest := func(o *object) string { return strings.Replace(head(o), version(o), " VERSION", 1) }
	return append(out, optionSteps(want, cur)...), rest(want) == rest(cur) && supported(want, cur)
}

func alterMapping(want, cur *object) ([]string, bool) {
	return optionSteps(want, cur), head(want) == head(cur) && supported(want, cur)
}

func supported(want, cur *object) bool { return want.Unsupported == "" && cur.Unsupported == "" }

// optionSteps lists what turns the options of cur into those of want, in their
// order.
func optionSteps(want, cur *object) []string {
	if slices.Equal(want.Options, cur.Options) {
		return nil
	}
	var all []string
	for _, o := range cur.Options {
		name, _, _ := strings.Cut(o, "=")
		all = append(all, "DROP "+catalog.Quote(name))
	}
	alter := "ALTER " + cur.Kind.Facts().Word + " " + cur.Identity + " OPTIONS ("
	out := []string{}
	if len(all) > 0 {
		out, all = append(out, alter+joined(all)+")"), nil
	}
	for _, o := range want.Options {
		name, value, _ := strings.Cut(o, "=")
		all = append(all, "ADD "+catalog.Quote(name)+" "+catalog.Literal(value))
	}
	if len(all) > 0 {
		out = append(out, alter+joined(all)+")")
	}
	return out
}
