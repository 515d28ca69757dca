package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// WriteJSON writes a state as JSON, one object after the other, so that its text
// is never in memory as a whole.
func (s *State) WriteJSON(w io.Writer) error { return s.writeJSON(w, "") }

// WriteJSON writes the difference in the same way.
func (d *Delta) WriteJSON(w io.Writer) error {
	gone, err := json.Marshal(d.Gone)
	if err != nil {
		return fmt.Errorf("encode what is gone: %w", err)
	}
	return d.writeJSON(w, `"gone":`+string(gone)+",")
}

func (s *State) writeJSON(w io.Writer, more string) error {
	var err error
	text := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(w, format, args...)
		}
	}
	text(`{%s"server":%d,"objects":[`, more, s.Server)
	e := json.NewEncoder(w)
	for i := range s.Objects {
		if i > 0 {
			text(",")
		}
		if err == nil {
			err = e.Encode(&s.Objects[i])
		}
	}
	text("]}")
	if err != nil {
		return fmt.Errorf("write a schema: %w", err)
	}
	return nil
}

// ReadJSON reads what WriteJSON has written, and keeps one copy of each text
// that many objects repeat. What it does not know it passes over.
func (s *State) ReadJSON(r io.Reader) error {
	return readJSON(r, map[string]func(*json.Decoder) error{"server": s.readServer, "objects": s.readObjects})
}

// ReadJSON reads a difference in the same way.
func (d *Delta) ReadJSON(r io.Reader) error {
	return readJSON(r, map[string]func(*json.Decoder) error{"server": d.readServer, "objects": d.readObjects,
		"gone": func(dec *json.Decoder) error { return dec.Decode(&d.Gone) }})
}

// TableOIDs are the OIDs of the tables of a state, for which no more of it is
// read.
type TableOIDs []uint32

// ReadJSON reads what State.WriteJSON has written.
func (t *TableOIDs) ReadJSON(r io.Reader) error {
	return readJSON(r, map[string]func(*json.Decoder) error{"objects": func(dec *json.Decoder) error {
		return eachElement(dec, func() error {
			var o struct {
				Address Address `json:"a"`
				Kind    Kind    `json:"k"`
			}
			err := dec.Decode(&o)
			if o.Kind == KindTable {
				*t = append(*t, o.Address.OID)
			}
			return err
		})
	}})
}

var errForm = errors.New("this is no schema")

// readJSON reads an object whose fields are read by these functions.
func readJSON(r io.Reader, fields map[string]func(*json.Decoder) error) error {
	dec := json.NewDecoder(r)
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errForm, err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return fmt.Errorf("%w: %w", errForm, err)
		}
		text, _ := name.(string)
		read := fields[text]
		if read == nil {
			read = func(dec *json.Decoder) error { return dec.Decode(new(json.RawMessage)) }
		}
		if err := read(dec); err != nil {
			return fmt.Errorf("%w: %w", errForm, err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	return nil
}

func eachElement(dec *json.Decoder, read func() error) error {
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return errors.Join(errForm, err)
	}
	for dec.More() {
		if err := read(); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	return nil
}

func (s *State) readServer(dec *json.Decoder) error { return dec.Decode(&s.Server) }

func (s *State) readObjects(dec *json.Decoder) error {
	same := texts{}
	return eachElement(dec, func() error {
		var o Object
		if err := dec.Decode(&o); err != nil {
			return err
		}
		same.share(&o)
		s.Objects = append(s.Objects, o)
		return nil
	})
}

// texts holds one copy of each text.
type texts map[string]string

func (t texts) one(s *string) {
	if kept, ok := t[*s]; ok {
		*s = kept
		return
	}
	t[*s] = *s
}

// share replaces the texts of an object that others are likely to have, too.
func (t texts) share(o *Object) {
	kind := string(o.Kind)
	t.one(&kind)
	o.Kind = Kind(kind)
	for _, s := range []*string{&o.Address.Catalog, &o.Parent.Catalog, &o.Schema, &o.Owner} {
		t.one(s)
	}
	for i := range o.DependsOn {
		t.one(&o.DependsOn[i].Catalog)
	}
	t.shareGrants(o.Grants)
	if o.Table == nil {
		return
	}
	for _, s := range []*string{&o.Table.Persistence, &o.Table.Method, &o.Table.Replica} {
		t.one(s)
	}
	for i := range o.Table.Columns {
		c := &o.Table.Columns[i]
		for _, s := range []*string{&c.Name, &c.Type, &c.Collation, &c.Identity, &c.Storage} {
			t.one(s)
		}
		t.shareGrants(c.Grants)
	}
}

func (t texts) shareGrants(all []Grant) {
	for i := range all {
		for _, s := range []*string{&all[i].Grantor, &all[i].Grantee, &all[i].Privilege} {
			t.one(s)
		}
	}
}
