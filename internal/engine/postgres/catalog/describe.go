package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// describe names the findings, sorted.
func describe(ctx context.Context, conn Conn, found map[Address]*finding) ([]string, error) {
	lines := make([]string, 0, len(found))
	for at, f := range found {
		text, err := f.describe(ctx, conn, at)
		if err != nil {
			return nil, err
		}
		lines = append(lines, text)
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}

func (f *finding) describe(ctx context.Context, conn Conn, at Address) (string, error) {
	text, err := f.name(ctx, conn, at)
	if f.why != "" {
		text += ": " + f.why
	}
	if f.detail != "" {
		text += " (" + cmp.Or(aspects[f.detail], "its row of "+f.detail) + ")"
	}
	return text, err
}

func (f *finding) name(ctx context.Context, conn Conn, at Address) (string, error) {
	if o := f.known; o != nil {
		text := string(o.Kind) + " " + o.Identity
		if why := cmp.Or(o.Unsupported, o.Beyond); why != "" {
			text += ": " + why
		}
		return text, nil
	}
	if text := cmp.Or(f.kept, indescribable[at.Catalog]); text != "" {
		return text, nil
	}
	// Since PostgreSQL 14 the answer for what is gone is NULL, not an error.
	const sql = `SELECT coalesce(pg_describe_object($1::text::regclass, $2, 0), '')`
	var text string
	if err := conn.QueryRow(ctx, sql, "pg_catalog."+at.Catalog, at.OID).Scan(&text); err != nil {
		return "", fmt.Errorf("naming a row of %s: %w", at.Catalog, err)
	}
	return cmp.Or(text, fmt.Sprintf("row %d of %s", at.OID, at.Catalog)), nil
}

// indescribable are the catalogs that pg_describe_object refuses.
var indescribable = map[string]string{
	"pg_description":          "comment on an object of the server",
	"pg_largeobject_metadata": "large objects",
}

// aspects name what of an object a catalog holds.
var aspects = map[string]string{
	"pg_attribute":     "attributes of its columns",
	"pg_description":   "a comment on it",
	"pg_foreign_table": "its server or options",
	"pg_inherits":      "its inheritance",
	"pg_seclabel":      "its security label",
	"pg_shdescription": "a comment on it",
	"pg_shseclabel":    "its security label",
	"pg_trigger":       "its triggers",
	"pg_type":          "its row type",
}
