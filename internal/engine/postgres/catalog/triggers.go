package catalog

import "context"

func (r *reader) readTriggers(ctx context.Context) error {
	const sql = `SELECT oid, tgrelid, tgname::text, coalesce(pg_get_triggerdef(oid), ''), tgenabled::text
		FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0 AND oid >= 16384`
	return r.each(ctx, "triggers", sql, func(rows row) error {
		var oid, table uint32
		var name, definition, enabled string
		if err := rows.Scan(&oid, &table, &name, &definition, &enabled); err != nil {
			return err
		}
		o, ok := r.hanging(Address{Catalog: "pg_trigger", OID: oid}, KindTrigger, name, table)
		if !ok || definition == "" {
			return nil
		}
		o.Create = definition
		if state := firing[enabled]; state != "" {
			o.After = append(o.After, alterOnly(r.object(o.Parent))+state+" TRIGGER "+Quote(name))
		}
		r.add(o, 0, 0)
		return nil
	})
}

// firing spells tgenabled and ev_enabled where they are not the default.
var firing = map[string]string{"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}

func (r *reader) readRules(ctx context.Context) error {
	const sql = `SELECT oid, ev_class, rulename::text, coalesce(pg_get_ruledef(oid), ''), ev_enabled::text
		FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384`
	return r.each(ctx, "rules", sql, func(rows row) error {
		var oid, table uint32
		var name, definition, enabled string
		if err := rows.Scan(&oid, &table, &name, &definition, &enabled); err != nil {
			return err
		}
		o, ok := r.hanging(Address{Catalog: "pg_rewrite", OID: oid}, KindRule, name, table)
		if !ok || definition == "" {
			return nil
		}
		o.Create = trimStatement(definition)
		if state := firing[enabled]; state != "" {
			o.After = append(o.After, "ALTER TABLE "+r.object(o.Parent).Identity+" "+state+" RULE "+Quote(name))
		}
		r.add(o, 0, 0)
		return nil
	})
}
