package catalog

import (
	"regexp"
	"slices"
	"strings"
)

// plainPrimary is a primary key over whole columns.
var plainPrimary = regexp.MustCompile("^PRIMARY KEY \\((`(?:[^`]|``)*`(?:,`(?:[^`]|``)*`)*)\\)")

// Part is the definition, under another name, of a table that holds some columns of one,
// its primary key among them, and has no other key. It is false where that would not hold
// their values as they are, or where a lost column could not be put back: of a table with
// partitions or a history, without a primary key over whole columns, with a check over one
// of the lost columns, or with a default out of a sequence, which a proof would move.
func Part(create, as string, columns, lost []string) (string, bool) {
	t, ok := parse(create)
	primary, key := t.primary()
	outside := func(c string) bool { return !slices.Contains(columns, c) }
	if !ok || len(key) == 0 || slices.ContainsFunc(key, outside) || !t.contained() || !t.canLose(lost, key) {
		return "", false
	}
	lines := []string{"CREATE TABLE " + quoted(as) + " ("}
	for _, c := range t.columns {
		switch {
		case outside(c.name):
		case counts(c) && c.name != key[0]: // it would need a key of its own
			return "", false
		default:
			lines = append(lines, "  "+c.text+",")
		}
	}
	if len(lines) != 1+len(columns) {
		return "", false
	}
	return strings.Join(append(lines, "  "+primary, ") "+t.options), "\n"), true
}

// primary is the line of the primary key, and its columns; none where there is no plain one.
func (t tableText) primary() (text string, columns []string) {
	for _, k := range t.keys {
		if m := plainPrimary.FindStringSubmatch(k.text); m != nil {
			return k.text, names(m[1])
		}
	}
	return "", nil
}

// Contained reports whether the rows of a table are all that it keeps, where the server puts
// them, and no value of them comes from elsewhere.
func Contained(create string) bool {
	t, ok := parse(create)
	rows := t
	if !strings.Contains(t.tail, "SYSTEM_TIME") && !strings.Contains(t.tail, "DIRECTORY") {
		rows.tail = "" // partitions
	}
	return ok && rows.contained()
}

// contained reports whether the rows of a table are all that it keeps, in one place.
func (t tableText) contained() bool {
	drawn := func(c line) bool { return strings.Contains(strings.ToLower(c.text), "nextval(") }
	return t.tail == "" && !strings.Contains(t.options, " DIRECTORY=") && !strings.Contains(t.options, "SYSTEM VERSIONING") && !slices.ContainsFunc(t.columns, drawn)
}

// canLose reports whether columns are there that can go and come without the others: they
// are not of the key, do not count by themselves, are under no check, and rows cannot come
// to be the same in a unique key that is over them and something else, while they are gone.
func (t tableText) canLose(columns, key []string) bool {
	checks := func(k line) bool {
		check, is := checkOf(k)
		return is && Meet(check.Columns(), columns)
	}
	return !slices.ContainsFunc(slices.Concat(t.columns, t.keys), checks) && !slices.ContainsFunc(t.keys, func(k line) bool { return t.joins(k, columns) }) && !slices.ContainsFunc(columns, func(name string) bool {
		i := find(t.columns, name)
		return i < 0 || counts(t.columns[i]) || slices.Contains(key, name)
	})
}

// joins reports whether a unique key is over one of some columns and anything besides them,
// be it their beginnings or what is computed from others.
func (t tableText) joins(k line, columns []string) bool {
	over := keyed(k.text)
	stored := func(c string) bool {
		i := find(t.columns, c)
		return slices.Contains(columns, c) && i >= 0 && !strings.Contains(unquoted(t.columns[i]), " GENERATED ALWAYS ")
	}
	plain := strings.Count(unquoted(k), "(") == 1
	return strings.HasPrefix(k.text, "UNIQUE KEY ") && Meet(over, columns) &&
		(!plain || slices.ContainsFunc(over, func(c string) bool { return !stored(c) }))
}

// Holds reports whether a definition has the columns of another one but for some, each
// stored in the same way.
func Holds(is, was string, but []string) bool {
	a, okA := parse(is)
	b, okB := parse(was)
	return okA && okB && !slices.ContainsFunc(b.columns, func(c line) bool {
		i := find(a.columns, c.name)
		return !slices.Contains(but, c.name) && (i < 0 || storedForm(a.columns[i], a) != storedForm(c, b))
	})
}

// Meet reports whether two lists have a name in common.
func Meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

// WithoutKeysOver is a definition without the keys and checks that are over one of some
// columns, but for the primary key and foreign keys.
func WithoutKeysOver(create string, columns []string) string {
	return without(strings.Split(create, "\n"), func(text string) bool {
		return !strings.HasPrefix(text, "PRIMARY KEY") && Meet(keyed(text), columns)
	})
}

// keyed lists the columns that the line of a key or a check is over; none for any other line.
func keyed(text string) []string {
	m := keyPattern.FindStringSubmatch(text)
	if m == nil || foreignPattern.MatchString(text) {
		return nil
	}
	if check, ok := checkOf(line{text: text}); ok {
		return check.Columns()
	}
	return names(inQuotes.ReplaceAllString(strings.TrimPrefix(text, m[0]), ""))
}

// JoinedKeys reports whether a key is over one of some columns and another one besides.
func JoinedKeys(create string, columns []string) bool {
	t, _ := parse(create)
	return slices.ContainsFunc(t.keys, func(k line) bool {
		over := keyed(k.text)
		others := slices.DeleteFunc(slices.Clone(over), func(c string) bool { return slices.Contains(columns, c) })
		return len(others) > 0 && len(others) < len(over)
	})
}

// Valueless lists those of some columns that have to hold a value, and of which nothing
// says which one a row gets that names none.
func Valueless(create string, columns []string) (out []string) {
	t, _ := parse(create)
	for _, c := range t.columns {
		text := unquoted(c)
		if slices.Contains(columns, c.name) && strings.Contains(text, " NOT NULL") && !strings.Contains(text, " DEFAULT ") && !strings.Contains(text, " GENERATED ALWAYS ") {
			out = append(out, c.name)
		}
	}
	return out
}

// UniqueOver lists, for each unique key over any of some columns, those of them that it is over.
func UniqueOver(create string, columns []string) (keys [][]string) {
	t, _ := parse(create)
	for _, k := range t.keys {
		over := slices.DeleteFunc(keyed(k.text), func(c string) bool { return !slices.Contains(columns, c) })
		if strings.HasPrefix(k.text, "UNIQUE KEY ") && len(over) > 0 {
			keys = append(keys, over)
		}
	}
	return keys
}

// Alike lists those of some columns of which no two rows can hold the same value, while rows
// that name none hold the same one.
func Alike(create string, columns []string) (out []string) {
	t, _ := parse(create)
	for _, c := range t.columns {
		text := unquoted(c)
		same := strings.Contains(text, " DEFAULT ") && !strings.Contains(text, " DEFAULT NULL")
		unique := func(k line) bool {
			return strings.HasPrefix(k.text, "UNIQUE KEY ") && slices.Contains(keyed(k.text), c.name)
		}
		if same && slices.Contains(columns, c.name) && slices.ContainsFunc(t.keys, unique) {
			out = append(out, c.name)
		}
	}
	return out
}
