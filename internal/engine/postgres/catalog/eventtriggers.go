package catalog

import (
	"context"
	"strings"
)

func (r *reader) readEventTriggers(ctx context.Context) error {
	const sql = `SELECT oid, evtname::text, evtowner, evtevent::text, evtfoid::regproc::text, evtenabled::text, coalesce(evttags, '{}')
		FROM pg_event_trigger`
	return r.each(ctx, "event triggers", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_event_trigger"}, Kind: KindEventTrigger}
		var owner uint32
		var event, function, enabled string
		var tags []string
		err := rows.Scan(&o.Address.OID, &o.Name, &owner, &event, &function, &enabled, &tags)
		if err != nil || !r.defined(o.Address) {
			return err
		}
		o.Identity = Quote(o.Name)
		o.Create = "CREATE EVENT TRIGGER " + o.Identity + " ON " + event
		if len(tags) > 0 {
			quoted := make([]string, len(tags))
			for i, tag := range tags {
				quoted[i] = Literal(tag)
			}
			o.Create += " WHEN TAG IN (" + strings.Join(quoted, ", ") + ")"
		}
		o.Create += " EXECUTE FUNCTION " + function + "()"
		if state := firing[enabled]; state != "" {
			o.After = append(o.After, "ALTER EVENT TRIGGER "+o.Identity+" "+state)
		}
		r.add(o, owner, 0)
		return nil
	})
}
