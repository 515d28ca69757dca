package revert

import (
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// verdict says what becomes of one object, by comparing it before the batch,
// after it, and now.
type verdict struct {
	before, after, now *object
	drift              bool     // all of it stays as it is now
	keep               []aspect // the batch changed it too, but not these
	shape              []aspect // columns that someone added, dropped or retyped since
}

// judge compares one object in the three states. An object that both changed
// in the same aspect is a conflict.
func judge(t threeStates, a address) (verdict, string) {
	v := verdict{before: t.before.objects[a], after: t.after.objects[a], now: t.now.objects[a]}
	b, f, n := v.before, v.after, v.now
	switch {
	case b != nil && f != nil && n != nil:
		return judgeAspects(t, v)
	case b == nil && f == nil || b != nil && f == nil:
		v.drift = b == nil // made by hand, or dropped by the batch
	case b == nil && n != nil: // made by the batch
		if d := hard(t.drift.differences(f, n)); len(d) > 0 {
			return v, fmt.Sprintf("%s was made by the batch, and its %s since", label(n), changed(n, d))
		}
	case b != nil && n == nil: // dropped by hand
		v.drift = true
		if d := t.batch.differences(b, f); len(d) > 0 {
			return v, fmt.Sprintf("%s was changed by the batch (%s) and dropped since", label(b), list(f, d))
		}
	}
	return v, ""
}

func judgeAspects(t threeStates, v verdict) (verdict, string) {
	batch := t.batch.differences(v.before, v.after)
	drift := t.drift.differences(v.after, v.now)
	switch {
	case len(drift) == 0:
		return v, ""
	case len(batch) == 0:
		v.drift = len(t.all.differences(v.before, v.now)) > 0
		v.shape = shapes(drift)
		return v, ""
	}
	var clash []aspect
	back := t.all.differences(v.before, v.now)
	for _, d := range drift {
		switch {
		case madeByBatch(v, d) && (d.soft() || column(v.now, d.column) == nil):
		case madeByBatch(v, d) || sameColumn(batch, d):
			clash = append(clash, d)
		case !slices.Contains(back, d): // someone took the batch's change back by hand
		case slices.Contains(batch, d):
			clash = append(clash, d)
		default:
			v.keep = append(v.keep, d)
		}
	}
	v.shape = shapes(v.keep)
	if len(clash) > 0 {
		return v, fmt.Sprintf("%s: its %s by the batch, and again since", label(v.now), changed(v.after, clash))
	}
	return v, ""
}

// madeByBatch says whether an aspect belongs to a column that the batch added.
func madeByBatch(v verdict, d aspect) bool {
	return d.column != 0 && column(v.before, d.column) == nil && column(v.after, d.column) != nil
}

// sameColumn says whether the batch changed anything of a column that was
// dropped, or changed its type, since; or the other way round.
func sameColumn(batch []aspect, d aspect) bool {
	return d.column != 0 && slices.ContainsFunc(batch, func(b aspect) bool {
		return b.column == d.column && b != d && (b.part == partShape || d.part == partShape)
	})
}

// threeStates are the readings, and the three ways to compare two of them.
type threeStates struct {
	before, after, now *index
	batch, drift, all  comparer
}

func newThreeStates(in Input) threeStates {
	after := in.After
	if after == nil {
		after = in.Now
	}
	t := threeStates{before: newIndex(in.Before), after: newIndex(after), now: newIndex(in.Now)}
	pair := func(x, y *index) comparer { return comparer{x: x, y: y, ren: renamed(x, y)} }
	t.batch, t.drift, t.all = pair(t.before, t.after), pair(t.after, t.now), pair(t.before, t.now)
	return t
}

// expected is what the object has to be in the end, given what it is at the
// moment; nil when it has to be gone.
func (v verdict) expected(current *object) *object {
	if v.drift {
		return current
	}
	if len(v.keep) == 0 || v.before == nil || current == nil {
		return v.before
	}
	return merged(v.before, current, v.keep)
}

// merged is before with some aspects of current.
func merged(before, current *object, keep []aspect) *object {
	m := *before
	if m.Table != nil {
		t := *m.Table
		t.Columns = slices.Clone(t.Columns)
		m.Table = &t
	}
	for _, a := range keep {
		take(&m, current, a)
	}
	return &m
}

func take(dst, src *object, a aspect) {
	if a.column != 0 {
		takeColumn(dst, src, a)
		return
	}
	switch a.part {
	case partName:
		dst.Name, dst.Identity = src.Name, src.Identity
		takeMultirange(dst, src, a.part)
	case partSchema:
		dst.Schema, dst.Identity = src.Schema, src.Identity
		takeMultirange(dst, src, a.part)
	case partBody:
		dst.Attributes, dst.Makers = src.Attributes, src.Makers
		dst.Create, dst.After, dst.Drop, dst.Options, dst.Version = src.Create, src.After, src.Drop, src.Options, src.Version
		dst.Sequence, dst.Labels, dst.Shells, dst.Unsupported = src.Sequence, src.Labels, src.Shells, src.Unsupported
		dst.Default, dst.Invalid = src.Default, src.Invalid
	case partOwner:
		takeOwner(dst, src)
	case partGrants:
		dst.Grants = src.Grants
	case partComment:
		dst.Comment = src.Comment
	case partOnIndex:
		dst.OnIndex = src.OnIndex
	case partColumns:
		takeExtras(dst, src)
	case partTypeComment, partTypeGrants:
		takeCompanion(dst, src, a.part)
	case partByproducts:
		dst.Byproducts = src.Byproducts
	case partArray:
		dst.Array = src.Array
	case partOf:
		dst.Of = src.Of
	default:
		takeTable(dst.Table, src.Table, a.part)
	}
}

func takeTable(dst, src *catalog.Table, p part) {
	switch p {
	case partStorage:
		dst.Persistence, dst.Options, dst.Tablespace, dst.Method = src.Persistence, src.Options, src.Tablespace, src.Method
	case partSecurity:
		dst.RowSecurity, dst.ForceRLS = src.RowSecurity, src.ForceRLS
	case partReplica:
		dst.Replica = src.Replica
	case partCluster:
		dst.Cluster = src.Cluster
	case partClones:
		dst.Clones = src.Clones
	}
}

func takeColumn(dst, src *object, a aspect) {
	d, s := column(dst, a.column), column(src, a.column)
	if a.part == partShape {
		takeShape(dst, d, s, a.column)
		return
	}
	if d == nil || s == nil {
		return
	}
	switch a.part {
	case partName:
		d.Name = s.Name
	case partNotNull:
		takeNotNull(d, s)
	case partIdentity:
		takeIdentity(d, s)
	case partSettings:
		d.Storage, d.Compression, d.StatTarget, d.Options = s.Storage, s.Compression, s.StatTarget, s.Options
	case partComment:
		d.Comment = s.Comment
	case partGrants:
		d.Grants = s.Grants
	default:
		takeSequence(d, s, a.part)
	}
}

// takeIdentity carries over what makes the sequence, if both have one, and else
// all of it.
func takeIdentity(d, s *catalog.Column) {
	was := d.IdentitySeq
	d.Identity, d.IdentitySeq = s.Identity, cloneOf(s.IdentitySeq)
	if was != nil && d.IdentitySeq != nil {
		q := d.IdentitySeq
		q.Grants, q.Comment, q.Persistence = was.Grants, was.Comment, was.Persistence
	}
}

// takeSequence carries over what the sequence of an identity column has beside
// its definition.
func takeSequence(d, s *catalog.Column, p part) {
	if d.IdentitySeq == nil || s.IdentitySeq == nil {
		return
	}
	q := cloneOf(d.IdentitySeq)
	switch p {
	case partSequenceGrants:
		q.Grants = s.IdentitySeq.Grants
	case partSequenceComment:
		q.Comment = s.IdentitySeq.Comment
	case partSequenceStorage:
		q.Persistence = s.IdentitySeq.Persistence
	}
	d.IdentitySeq = q
}

// takeShape carries over that a column is there, is gone, or is of another type.
func takeShape(dst *object, d, s *catalog.Column, num int16) {
	t := dst.Table
	switch {
	case d == nil && s != nil:
		t.Columns = append(t.Columns, *s)
	case s == nil:
		t.Columns = slices.DeleteFunc(t.Columns, func(c catalog.Column) bool { return c.Num == num })
	default:
		d.Type, d.TypeOID, d.Collation, d.Generated, d.Virtual = s.Type, s.TypeOID, s.Collation, s.Generated, s.Virtual
	}
}

// hard leaves out the soft aspects.
func hard(all []aspect) []aspect {
	return slices.DeleteFunc(slices.Clone(all), aspect.soft)
}

func (v verdict) keeps(a aspect) bool { return slices.Contains(v.keep, a) }

// shapes leaves in what was added, dropped or retyped.
func shapes(all []aspect) []aspect {
	return slices.DeleteFunc(slices.Clone(all), func(a aspect) bool { return a.part != partShape })
}

// keepsColumns says whether drift added, dropped or retyped columns of a table
// that the batch changed, too.
func (v verdict) keepsColumns() bool { return len(shapes(v.keep)) > 0 }
