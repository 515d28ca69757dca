package catalog

import "context"

// operatorsSQL reads operators. One without a function (a shell) is there only
// because another names it: it comes and goes with that.
var operatorsSQL = `
SELECT o.oid, n.nspname::text, o.oprname::text, ` + operatorTypes("o") + `, o.oprowner, o.oprcode <> 0,
  format('CREATE OPERATOR %I.%s (', n.nspname, o.oprname) || concat_ws(', ',
    'FUNCTION = ' || ` + routineNamed("o.oprcode") + `,
    'LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL),
    'RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL),
    'COMMUTATOR = ' || ` + operatorNamed("o.oprcom") + `,
    'NEGATOR = ' || ` + operatorNamed("o.oprnegate") + `,
    'RESTRICT = ' || ` + routineNamed("o.oprrest") + `,
    'JOIN = ' || ` + routineNamed("o.oprjoin") + `,
    CASE WHEN o.oprcanhash THEN 'HASHES' END,
    CASE WHEN o.oprcanmerge THEN 'MERGES' END) || ')',
  ARRAY(SELECT format('%I.%s', s.nspname, x.oprname) || ` + operatorTypes("x") + `
    FROM pg_operator x JOIN pg_namespace s ON s.oid = x.oprnamespace
    WHERE x.oid IN (o.oprcom, o.oprnegate) AND x.oprcode = 0 AND o.oprcode <> 0 ORDER BY x.oid),
  o.oprcom <> 0 AND NOT EXISTS (SELECT FROM pg_operator x WHERE x.oid = o.oprcom AND x.oprcom = o.oid)
    OR o.oprnegate <> 0 AND NOT EXISTS (SELECT FROM pg_operator x WHERE x.oid = o.oprnegate AND x.oprnegate = o.oid),
  EXISTS (SELECT FROM pg_operator x WHERE x.oid IN (o.oprcom, o.oprnegate) AND x.oprcode = 0
    AND (x.oprowner <> o.oprowner OR x.oprcom <> 0 AND x.oprnegate <> 0 AND x.oprcom <> x.oprnegate))
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid >= 16384`

func operatorTypes(row string) string {
	return `format(' (%s, %s)', coalesce(format_type(nullif(` + row + `.oprleft, 0), NULL), 'NONE'), format_type(` + row + `.oprright, NULL))`
}

func (r *reader) readOperators(ctx context.Context) error {
	return r.each(ctx, "operators", operatorsSQL, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_operator"}, Kind: KindOperator}
		var owner uint32
		var types string
		var works, oneSided, shared bool
		err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &types, &owner, &works, &o.Create, &o.Shells, &oneSided, &shared)
		if err != nil || !r.defined(o.Address) || r.whole(o.Address) != o.Address {
			return err
		}
		o.Identity = KindOperator.Spell(o.Schema, o.Name) + types
		switch {
		case !works:
			o.Create, o.Unsupported = "", "has no function, and no other operator names it"
		case oneSided:
			o.Unsupported = "its commutator or negator does not name it in return"
		case shared:
			o.Unsupported = "it names an operator without a function that is another's too"
		}
		r.add(o, owner, 0)
		return nil
	})
}
