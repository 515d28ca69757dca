package catalog

import "slices"

// companionExtras completes the type that comes with an object: always the
// multirange of a range, a row type only where it is not as it was made.
func (r *reader) companionExtras(o *Object, owner uint32, comments map[Address]string, grants *privileges) {
	at, ok := r.rows[o.Address]
	if !ok || at.Catalog != "pg_type" {
		return
	}
	own := ownership{role: owner, class: 'T'}
	comment, list := comments[at], grants.of(at, own)
	if o.With == nil {
		if comment == "" && slices.Equal(list, grants.implied[own]) {
			return
		}
		o.With = &Companion{OID: at.OID}
	}
	o.With.Comment, o.With.Grants = comment, list
}
