package catalog

import "reflect"

// Delta is what turns one state into another of the same database. The two share
// what did not change, in memory and where they are kept.
type Delta struct {
	State           // the objects that are new or other than before
	Gone  []Address `json:"gone,omitempty"`
}

// Since is the difference between a state and an earlier one.
func (s *State) Since(before *State) *Delta {
	d := &Delta{State: State{Server: s.Server}}
	for i := range s.Objects {
		o := &s.Objects[i]
		if was := before.Object(o.Address); was == nil || !reflect.DeepEqual(was, o) {
			d.Objects = append(d.Objects, *o)
		}
	}
	for i := range before.Objects {
		if at := before.Objects[i].Address; s.Object(at) == nil {
			d.Gone = append(d.Gone, at)
		}
	}
	return d
}

// On is the state that the difference leads to from another. Its objects are in
// no order.
func (d *Delta) On(before *State) *State {
	other := make(map[Address]bool, len(d.Objects)+len(d.Gone))
	for _, at := range d.Gone {
		other[at] = true
	}
	for i := range d.Objects {
		other[d.Objects[i].Address] = true
	}
	s := &State{Server: d.Server, Objects: make([]Object, 0, len(before.Objects)+len(d.Objects))}
	for i := range before.Objects {
		if o := &before.Objects[i]; !other[o.Address] {
			s.Objects = append(s.Objects, *o)
		}
	}
	s.Objects = append(s.Objects, d.Objects...)
	return s
}
