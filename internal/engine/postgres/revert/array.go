package revert

import (
	"context"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// The name of an array type is the server's choice: the first that no type has, when the type
// that it is of gets its name; and it yields to a type or a sequence that is given its name. So
// all that is done again, where nothing else has a name: in a schema of its own.

// numbersArrays is the first version whose next choices are _type_1, _type_2 and so on; before,
// they are __type, ___type and so on, as those of an array that yields are in all versions.
const (
	numbersArrays = 160000
	longestName   = 63 // NAMEDATALEN - 1
)

// nameArrays gives array types their names back.
func (r *run) nameArrays(ctx context.Context) error {
	cur := newIndex(r.cur)
	var away, back []step // all go before one comes back: it can need a name that another has
	for _, w := range r.plan.expected {
		o := cur.objects[w.address]
		if o == nil || o.Array == w.object.Array || o.Name != w.object.Name {
			continue
		}
		goes, comes := r.nameArray(w.object, o)
		away, back = append(away, goes...), append(back, comes...)
	}
	if len(away) == 0 {
		return nil
	}
	if err := r.exec(ctx, append(away, back...)); err != nil {
		return err
	}
	return r.read(ctx)
}

func (r *run) nameArray(want, o *object) (away, back []step) {
	taken, yielded := r.arrayName(o.Name, want.Array)
	aside, space, word := outOfTheWay(o.Address.OID), besideSchema(o.Address), "ALTER "+o.Kind.Facts().Word+" "
	within := func(name string) string { return space + "." + name }
	does := func(sql string) step { return step{sql: sql, what: "naming the array type of " + label(o) + " back"} }
	create := func(name string) step { return does("CREATE TYPE " + within(catalog.Quote(name)) + " AS ENUM ()") }
	drop := func(name string) step { return does("DROP TYPE " + within(catalog.Quote(name))) }
	away = []step{
		does("CREATE SCHEMA " + space),
		does(word + o.Identity + " RENAME TO " + aside),
		does(word + catalog.Qualified(o.Schema, aside) + " SET SCHEMA " + space),
	}
	for _, name := range taken {
		away = append(away, create(name))
	}
	away = append(away, does(word+within(aside)+" RENAME TO "+catalog.Quote(o.Name)))
	for _, name := range taken {
		away = append(away, drop(name))
	}
	for _, name := range yielded {
		away = append(away, create(name), drop(name))
	}
	return away, []step{does(word + within(catalog.Quote(o.Name)) + " SET SCHEMA " + catalog.Quote(o.Schema)), does("DROP SCHEMA " + space)}
}

// arrayName tells how the array of a type comes to its name: which names were taken when it was
// chosen, and which it had and yielded. "" is the first choice.
func (r *run) arrayName(of, array string) (taken, yielded []string) {
	choice := "_" + clipped(of, longestName-1)
	for n := 1; array != ""; n++ {
		yielded = nil
		for name := choice; len(yielded) < longestName; name = clipped("_"+name, longestName) {
			if name == array {
				return taken, yielded
			}
			yielded = append(yielded, name)
		}
		if r.cur.Server < numbersArrays || n > longestName {
			break // Verify says so
		}
		taken = append(taken, choice)
		number := "_" + strconv.Itoa(n)
		choice = "_" + clipped(of, longestName-1-len(number)) + number
	}
	return nil, nil
}

// clipped is a name as the server cuts it.
func clipped(name string, most int) string {
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "")
}
