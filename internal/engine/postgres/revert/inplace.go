package revert

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// alterations say for a kind how an object that stays is turned into what it
// was, names and soft aspects left out; false where it has to be dropped and
// made anew, which is what happens to all kinds that are not here. Tables,
// sequences and enums have ways of their own.
var alterations = map[catalog.Kind]func(want, cur *object) ([]string, bool){
	catalog.KindFunction:          replaceFunction,
	catalog.KindExtension:         moveExtension,
	catalog.KindPublication:       setPublication,
	catalog.KindWrapper:           alterWrapper,
	catalog.KindServer:            alterServer,
	catalog.KindUserMapping:       alterMapping,
	catalog.KindEventTrigger:      enableEventTrigger,
	catalog.KindDomain:            alterDomain,
	catalog.KindAggregate:         replaceAggregate,
	catalog.KindOperator:          alterOperator,
	catalog.KindTextDictionary:    alterDictionary,
	catalog.KindTextConfiguration: alterConfiguration,
}

// releases say for a kind what an object that is altered in place lets go of
// before anything is dropped. Such an object may need things now that have to go.
var releases = map[catalog.Kind]func(want, cur *object) []string{
	catalog.KindTextConfiguration: releaseMappings,
}

// inPlace lists the statements that turn cur into want.
func inPlace(want, cur *object) ([]string, bool) {
	if alter := alterations[want.Kind]; alter != nil && cur.Kind == want.Kind {
		return alter(want, cur)
	}
	return nil, false
}

// replaceFunction uses CREATE OR REPLACE, which cannot change the first two
// lines of a definition: name, arguments and result.
func replaceFunction(want, cur *object) ([]string, bool) {
	head := func(s string) string {
		lines := strings.SplitN(s, "\n", 3)
		return strings.Join(lines[:min(2, len(lines))], "\n")
	}
	ok := strings.HasPrefix(want.Create, "CREATE OR REPLACE") && len(want.After) == 0 && len(cur.After) == 0 &&
		head(want.Create) == head(cur.Create)
	return []string{want.Create}, ok
}
