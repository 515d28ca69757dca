package catalog

// index finds the objects of a state.
type index struct {
	addresses map[Address]*Object
	names     map[named]*Object
}

type named struct {
	kind     Kind
	identity string
}

func (s *State) indexed() *index {
	if s.index != nil {
		return s.index
	}
	x := &index{
		addresses: make(map[Address]*Object, len(s.Objects)),
		names:     make(map[named]*Object, len(s.Objects)),
	}
	for i := range s.Objects {
		o := &s.Objects[i]
		x.addresses[o.Address] = o
		x.names[named{o.Kind, o.Identity}] = o
	}
	s.index = x
	return x
}

// Object returns the object with an address, or nil. Objects must not be added
// to the state afterwards.
func (s *State) Object(a Address) *Object { return s.indexed().addresses[a] }

// ByIdentity returns the object of a kind with an identity, or nil.
func (s *State) ByIdentity(kind Kind, identity string) *Object {
	return s.indexed().names[named{kind, identity}]
}
