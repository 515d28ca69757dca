package catalog

// index finds the objects of a state. Each part is built when it is first asked
// for.
type index struct {
	addresses map[Address]*Object
	names     map[named]*Object
}

type named struct {
	kind     Kind
	identity string
}

// Object returns the object with an address, or nil. Objects must not be added
// to the state afterwards.
func (s *State) Object(a Address) *Object {
	if s.index.addresses == nil {
		s.index.addresses = make(map[Address]*Object, len(s.Objects))
		for i := range s.Objects {
			s.index.addresses[s.Objects[i].Address] = &s.Objects[i]
		}
	}
	return s.index.addresses[a]
}

// ByIdentity returns the object of a kind with an identity, or nil.
func (s *State) ByIdentity(kind Kind, identity string) *Object {
	if s.index.names == nil {
		s.index.names = make(map[named]*Object, len(s.Objects))
		for i := range s.Objects {
			o := &s.Objects[i]
			s.index.names[named{o.Kind, o.Identity}] = o
		}
	}
	return s.index.names[named{kind, identity}]
}
