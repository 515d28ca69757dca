package catalog

import "context"

// readExtras completes the objects with owner, privileges and comments.
func (r *reader) readExtras(ctx context.Context) error {
	comments, err := r.readComments(ctx)
	if err != nil {
		return err
	}
	if err := r.readMakers(ctx); err != nil {
		return err
	}
	grants, err := r.readGrants(ctx)
	if err != nil {
		return err
	}
	roles, err := r.readOwners(ctx)
	if err != nil {
		return err
	}
	for i := range r.objects {
		o, own := &r.objects[i], r.owners[i]
		o.Comment = comments[o.Address]
		if own.index != 0 {
			o.OnIndex = comments[relation(own.index)]
		}
		o.Owner = roles[own.role].name
		if !roles[own.role].ours && o.Beyond == "" && o.Owner != "" {
			o.Beyond = "owned by " + o.Owner + ", in whose name this role cannot make it"
		}
		if own.class != 0 {
			o.Grants = grants.of(o.Address, own)
		}
		r.columnExtras(o, comments, grants)
		r.companionExtras(o, own.role, comments, grants)
		identityExtras(o, own.role, comments, grants)
	}
	if err := r.readByproducts(ctx, comments); err != nil {
		return err
	}
	return r.readLabels(ctx)
}

// readLabels marks what has a security label: only its provider could tell
// whether it may be given again.
func (r *reader) readLabels(ctx context.Context) error {
	const sql = `SELECT DISTINCT classoid, objoid FROM pg_seclabel`
	return r.each(ctx, "security labels", sql, func(rows row) error {
		var class uint32
		var a Address
		err := rows.Scan(&class, &a.OID)
		a.Catalog = r.catalogs[class]
		if o := r.object(r.whole(a)); o != nil {
			o.Labelled = true
		}
		return err
	})
}

// number is the attnum of the column at a position. A view's columns are never
// dropped one by one, and have no gaps.
func (c *ColumnExtras) number(position int) int16 {
	if c.Num != 0 {
		return c.Num
	}
	return int16(position + 1) //nolint:gosec // no relation has more than 1,600 columns
}

// Column finds a column of a view or foreign table by its attnum; nil when there
// is none.
func (o Object) Column(num int16) *ColumnExtras {
	for i := range o.Columns {
		if o.Columns[i].number(i) == num {
			return &o.Columns[i]
		}
	}
	return nil
}

func (r *reader) columnExtras(o *Object, comments map[Address]string, grants *privileges) {
	at := o.Address
	if o.Table != nil {
		for i := range o.Table.Columns {
			c := &o.Table.Columns[i]
			at.Column = c.Num
			c.Comment, c.Grants = comments[at], grants.explicit[at]
		}
	}
	for i := range o.Attributes {
		at = r.rows[o.Address]
		at.Column = o.Attributes[i].Num
		o.Columns = append(o.Columns, ColumnExtras{Name: o.Attributes[i].Name, Comment: comments[at]})
	}
	if o.Attributes != nil {
		return
	}
	for i := range o.Columns {
		at.Column = o.Columns[i].number(i)
		o.Columns[i].Comment, o.Columns[i].Grants = comments[at], grants.explicit[at]
	}
}

// identityExtras completes the sequences of a table's identity columns, which
// always have the table's owner.
func identityExtras(o *Object, owner uint32, comments map[Address]string, grants *privileges) {
	if o.Table == nil {
		return
	}
	for i := range o.Table.Columns {
		if s := o.Table.Columns[i].IdentitySeq; s != nil {
			at := relation(s.OID)
			s.Comment, s.Grants = comments[at], grants.of(at, ownership{role: owner, class: 's'})
		}
	}
}

func (r *reader) readComments(ctx context.Context) (map[Address]string, error) {
	comments := map[Address]string{}
	const sql = `SELECT classoid, objoid, objsubid::int2, description FROM pg_description
		WHERE objoid >= 16384 OR classoid IN ('pg_namespace'::regclass, 'pg_extension'::regclass)
		UNION ALL SELECT classoid, objoid, 0::int2, description FROM pg_shdescription
		WHERE classoid = 'pg_database'::regclass AND objoid = ` + thisDatabase
	err := r.each(ctx, "comments", sql, func(rows row) error {
		var class uint32
		var a Address
		var text string
		err := rows.Scan(&class, &a.OID, &a.Column, &text)
		a.Catalog = r.catalogs[class]
		comments[a] = text
		return err
	})
	return comments, err
}

// roles lists the OIDs of the roles that own something here.
func (r *reader) roles() []uint32 {
	oids := []uint32{}
	seen := map[uint32]bool{0: true}
	for _, own := range r.owners {
		if !seen[own.role] {
			seen[own.role] = true
			oids = append(oids, own.role)
		}
	}
	return oids
}

// ownerRole is a role that owns something.
type ownerRole struct {
	name string
	ours bool // the role that reads can give things to it
}

func (r *reader) readOwners(ctx context.Context) (map[uint32]ownerRole, error) {
	roles := map[uint32]ownerRole{}
	how := "MEMBER"
	if r.server >= 160000 {
		how = "SET"
	}
	const sql = `SELECT r.oid, r.rolname::text, pg_has_role(r.oid, $2) FROM unnest($1::oid[]) o JOIN pg_roles r ON r.oid = o`
	err := r.each(ctx, "owners", sql, func(rows row) error {
		var oid uint32
		var role ownerRole
		err := rows.Scan(&oid, &role.name, &role.ours)
		roles[oid] = role
		return err
	}, r.roles(), how)
	return roles, err
}
