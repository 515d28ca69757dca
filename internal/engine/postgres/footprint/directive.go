package footprint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// directive is a comment that says which tables a statement touches where its
// text cannot tell:
//
//	-- safemigrate: touches public.orders, public.items
//	-- safemigrate: touches nothing
type directive struct {
	line    int
	tables  []name
	used    bool
	missing map[name]bool
}

// directives are those of a file: above a statement, or for all of it.
type directives struct {
	file  *directive
	above map[int]*directive
}

func (d directives) of(statement int) *directive {
	if own := d.above[statement]; own != nil {
		return own
	}
	return d.file
}

var directiveForm = regexp.MustCompile(`(?m)^[ \t]*--[ \t]*safemigrate:[ \t]*touches\b[ \t]*(.*?)[ \t\r]*$`)

// directives reads a file's. At the head of a file, one that a blank line
// parts from the first statement is for the whole file.
func (w *walker) directives(script migrate.Script) directives {
	out := directives{above: map[int]*directive{}}
	text, end := script.Migration.Text, 0
	for i, s := range script.Statements {
		if s.Offset < end || s.Offset > len(text) {
			return out // the statements are not of this text
		}
		gap, start := text[end:s.Offset], end
		if i > 0 && script.Statements[i-1].Data != nil {
			if at := strings.Index(gap, string(script.Statements[i-1].Data)); at >= 0 {
				at += len(script.Statements[i-1].Data)
				gap, start = gap[at:], start+at
			}
		}
		for _, m := range directiveForm.FindAllStringSubmatchIndex(gap, -1) {
			d := w.readDirective(gap[m[2]:m[3]], 1+strings.Count(text[:start+m[0]], "\n"))
			rest := strings.TrimPrefix(strings.TrimLeft(gap[m[1]:], " \t\r"), "\n")
			if i == 0 && blankLine.MatchString(rest) {
				out.file = d
			} else {
				out.above[i] = d
			}
		}
		end = s.Offset + len(s.Text)
	}
	return out
}

var blankLine = regexp.MustCompile(`(?m)^[ \t]*\r?\n`)

func (w *walker) readDirective(list string, line int) *directive {
	d := &directive{line: line, missing: map[name]bool{}}
	if strings.EqualFold(list, "nothing") {
		return d
	}
	for rest := list; ; {
		var parts []string
		parts, rest = identifiers(rest)
		if len(parts) == 0 || len(parts) > 2 || (rest != "" && rest[0] != ',') {
			w.problem(line, fmt.Sprintf("a directive lists tables, or says %q; this one says %q", "nothing", list))
			return d
		}
		n := name{name: parts[len(parts)-1]}
		if len(parts) == 2 {
			n.schema = parts[0]
		}
		d.tables = append(d.tables, n)
		if rest == "" {
			return d
		}
		rest = rest[1:]
	}
}

// identifiers reads a dotted name.
func identifiers(text string) (parts []string, rest string) {
	for {
		text = strings.TrimLeft(text, " \t")
		var part string
		if strings.HasPrefix(text, `"`) {
			part, text = quoted(text[1:])
		} else {
			end := strings.IndexAny(text, "., \t\"")
			if end < 0 {
				end = len(text)
			}
			part, text = strings.ToLower(text[:end]), text[end:]
		}
		if part == "" {
			return nil, text
		}
		parts = append(parts, part)
		text = strings.TrimLeft(text, " \t")
		if !strings.HasPrefix(text, ".") {
			return parts, text
		}
		text = text[1:]
	}
}

func (w *walker) problem(line int, detail string) {
	w.out.Problems = append(w.out.Problems, migrate.Problem{Kind: migrate.BadText, File: w.file,
		Detail: fmt.Sprintf("line %d: %s", line, detail), Choice: "correct the directive"})
}

// narrowed takes a directive's word for what a statement touches.
func (w *walker) narrowed() {
	w.directive.used = true
	w.narrowings++
	for _, n := range w.directive.tables {
		for _, r := range w.s.find(n.schema, n.name) {
			for _, t := range r.family(true) {
				w.anything(t)
			}
		}
	}
}

// anything marks a table whose rows may be written in any way.
func (w *walker) anything(r *rel) {
	t := w.table(r)
	if t == nil {
		return
	}
	t.Inserts, t.Deletes, t.Updates, w.told[r.id] = true, true, true, true
	for _, c := range r.columns {
		w.column(r, c, migrate.LosesRows)
	}
}

// checkNames says once which names of a directive are not there when its
// statement is over.
func (w *walker) checkNames(d *directive) {
	if d == nil {
		return
	}
	for _, n := range d.tables {
		if len(w.s.find(n.schema, n.name)) > 0 || d.missing[n] || w.met(n) {
			continue
		}
		d.missing[n] = true
		label := strings.TrimPrefix(n.schema+"."+n.name, ".")
		w.problem(d.line, "a directive names table "+label+", which does not exist")
	}
}

// met reports whether a table had this name before the batch.
func (w *walker) met(n name) bool {
	if n.schema != "" {
		return w.facts.relations[n] != nil
	}
	return slices.ContainsFunc(w.facts.SearchPath, func(schema string) bool { return w.facts.relations[name{schema, n.name}] != nil })
}
