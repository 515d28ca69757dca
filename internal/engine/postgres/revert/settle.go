package revert

import (
	"context"
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// setPublication sets what is published of the tables; whether it is for all
// tables cannot be changed.
func setPublication(want, cur *object) ([]string, bool) {
	const with = " WITH ("
	i, j := strings.LastIndex(want.Create, with), strings.LastIndex(cur.Create, with)
	if i < 0 || j < 0 || want.Create[:i] != cur.Create[:j] {
		return nil, false
	}
	return []string{"ALTER PUBLICATION " + cur.Identity + " SET (" + want.Create[i+len(with):]}, true
}

// moveExtension: of an extension only its schema can be put back.
func moveExtension(want, cur *object) ([]string, bool) {
	_, schema, found := strings.Cut(want.Create, " WITH SCHEMA ")
	schema = strings.TrimSuffix(schema, " VERSION "+catalog.Literal(want.Version))
	ok := found && want.Version == cur.Version && want.Unsupported == cur.Unsupported
	return []string{"ALTER EXTENSION " + cur.Identity + " SET SCHEMA " + schema}, ok
}

// enableEventTrigger: beside its name, owner and comment only whether it fires
// can be changed.
func enableEventTrigger(want, cur *object) ([]string, bool) {
	if want.Create != cur.Create {
		return nil, false
	}
	if len(want.After) == 0 {
		return []string{"ALTER EVENT TRIGGER " + cur.Identity + " ENABLE"}, true
	}
	return want.After, true
}

// Silence drops the event triggers that the batch made, and disables those that
// it changed, so that they fire on nothing that follows. It does nothing the
// second time; Apply does it where the caller has not.
func (p *Plan) Silence(ctx context.Context, conn Conn) error {
	if p.silenced || len(p.Conflicts) > 0 {
		return nil
	}
	p.silenced = true
	for i := range p.in.Now.Objects {
		o := &p.in.Now.Objects[i]
		v := p.verdicts[o.Address]
		if o.Kind != catalog.KindEventTrigger || v.drift {
			continue
		}
		sql := "ALTER EVENT TRIGGER " + o.Identity + " DISABLE"
		switch want := v.before; {
		case want == nil:
			sql = catalog.DropStatement(*o)
		case want.Same(*o):
			continue
		}
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("silencing %s: %w", label(o), err)
		}
		p.stale = true
	}
	return nil
}
