package catalog

import "reflect"

// Share replaces what is equal in another state of the database by that, so that
// the two hold it once. Neither may be changed in place afterwards.
func (s *State) Share(with *State) {
	if with == nil {
		return
	}
	for i := range s.Objects {
		if o := with.Object(s.Objects[i].Address); o != nil && reflect.DeepEqual(o, &s.Objects[i]) {
			s.Objects[i] = *o
		}
	}
}

// trim makes no list of an empty one, as reading what is kept does, too.
func trim(o *Object) {
	o.After, o.Labels, o.Makers, o.Options, o.Shells = filled(o.After), filled(o.Labels), filled(o.Makers), filled(o.Options), filled(o.Shells)
	o.Grants, o.Attributes, o.Columns, o.DependsOn = filled(o.Grants), filled(o.Attributes), filled(o.Columns), filled(o.DependsOn)
	for i := range o.Columns {
		o.Columns[i].Grants = filled(o.Columns[i].Grants)
	}
	for i := range o.Attributes {
		o.Attributes[i].trim()
	}
	o.Sequence.trim()
	if o.With != nil {
		o.With.Grants = filled(o.With.Grants)
	}
	if t := o.Table; t != nil {
		t.Options, t.Parents, t.Clones, t.Checks = filled(t.Options), filled(t.Parents), filled(t.Clones), filled(t.Checks)
		for i := range t.Columns {
			t.Columns[i].trim()
		}
	}
}

func (c *Column) trim() {
	c.Options, c.Grants = filled(c.Options), filled(c.Grants)
	c.IdentitySeq.trim()
}

func (s *Sequence) trim() {
	if s != nil {
		s.Grants = filled(s.Grants)
	}
}
