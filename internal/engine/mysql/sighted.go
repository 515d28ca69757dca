package mysql

import (
	"context"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// The server lets a column or a table go that a view shows, and says so only to who reads
// the view. Those that others made meanwhile stay, and are named.

// sighted lists the views that stay as they are, name something that changes, and can be
// read now. A plan, which cannot try, says what they name of that which goes.
func (v *revert) sighted(ctx context.Context) (out []catalog.Object, err error) {
	changed := catalog.Changed(v.now, v.want)
	err = v.look(ctx, v.lookers(changed), func(o catalog.Object, why string) {
		if why != "" {
			return
		}
		out = append(out, o)
		if _, goes := v.namedBy(o, changed); v.req.PlanOnly && len(goes) > 0 {
			v.note(o.Key() + " names " + strings.Join(goes, ", ") + ", which goes")
		}
	})
	return out, err
}

// noteBlind names those of some views that cannot be read any more.
func (v *revert) noteBlind(ctx context.Context, views []catalog.Object) error {
	return v.look(ctx, views, func(o catalog.Object, why string) {
		if why != "" {
			v.note(o.Key() + " " + why)
		}
	})
}

// look reads views, and tells of each why it cannot be read. One that somebody keeps from
// being read stops nothing: that is named, and the others are not waited for.
func (v *revert) look(ctx context.Context, views []catalog.Object, tell func(o catalog.Object, why string)) error {
	for _, o := range views {
		why, err := v.blind(ctx, o)
		if err != nil && ctx.Err() == nil {
			v.note("whether views show what goes is not known: " + err.Error())
			return nil
		}
		if err != nil {
			return err
		}
		tell(o, why)
	}
	return nil
}

// lookers are the views that stay as they are and name something that changes, or one of
// these views.
func (v *revert) lookers(changed []string) (out []catalog.Object) {
	var rest []catalog.Object
	for _, key := range catalog.Keys(v.now) {
		o := v.now.Objects[key]
		if o.Kind != catalog.View || v.want.Objects[key] != o {
			continue
		}
		if names, _ := v.namedBy(o, changed); names {
			out = append(out, o)
		} else {
			rest = append(rest, o)
		}
	}
	for i := 0; i < len(out); i++ {
		over := func(o catalog.Object) bool { return strings.Contains(o.Create, quote(out[i].Name)) }
		for _, o := range rest {
			if over(o) {
				out = append(out, o)
			}
		}
		rest = slices.DeleteFunc(rest, over)
	}
	return out
}

// namedBy reports whether the text of a view has the name of something that changes, and
// what of that goes. A name can be that of something else, too.
func (v *revert) namedBy(view catalog.Object, changed []string) (names bool, goes []string) {
	named := func(name string) bool { return strings.Contains(view.Create, quote(name)) }
	for _, key := range changed {
		is, there := v.now.Objects[key]
		if !there || !named(is.Name) {
			continue
		}
		names = true
		want, stays := v.want.Objects[key]
		if !stays {
			goes = append(goes, key)
			continue
		}
		left := catalog.Columns(want.Create)
		for _, column := range catalog.Columns(is.Create) {
			if is.Kind == catalog.Table && !slices.Contains(left, column) && named(column) {
				goes = append(goes, "column "+column+" of "+key)
			}
		}
	}
	return names, goes
}
