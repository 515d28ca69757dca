package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

// planRows has a line for each migration and each table that it touches.
func planRows(plan *safemigrate.Plan) [][]string {
	var rows [][]string
	known := map[string]int64{}
	for _, t := range plan.Snapshot.Tables {
		known[t.Name] = t.Rows
	}
	for _, m := range plan.Migrations {
		first := []string{label(m.Version, m.Name), counted(int64(m.Statements), "statement"), stepWords(plan.Steps, m.Steps)}
		touched := touches(plan.Snapshot.Footprint, m.File, known)
		if len(touched) > 0 {
			first = append(first, touched[0])
		}
		rows = append(rows, first)
		for _, line := range touched[min(1, len(touched)):] {
			rows = append(rows, []string{"", "", "", line})
		}
	}
	return rows
}

// touches says what a migration does to each table that was there before. What
// several migrations do to one table is known for all of them together: it
// stands at the first.
func touches(f *migrate.Footprint, file string, rows map[string]int64) []string {
	if f == nil {
		return nil
	}
	var out []string
	for _, t := range f.Tables {
		switch slices.Index(t.Files, file) {
		case -1:
		case 0:
			out = append(out, touchedTable(t, rows))
		default:
			out = append(out, t.Name+", too")
		}
	}
	return out
}

// touchedTable is a table of a footprint on one line: orders + phone.
func touchedTable(t migrate.TableFootprint, rows map[string]int64) string {
	words := []string{t.Name}
	loses := t.Rows == migrate.LosesRows || t.Rows == migrate.DroppedAway
	for _, c := range t.Columns {
		switch c.Verdict {
		case migrate.AddedTo:
			words = append(words, "+ "+c.Name)
		case migrate.DroppedAway, migrate.LosesColumns:
			words = append(words, "− "+c.Name)
			loses = true
		case migrate.Untouched:
		default:
			words = append(words, "~ "+c.Name)
		}
	}
	switch {
	case len(words) == 1 && t.Rows == migrate.Untouched:
		words = append(words, "rows", string(t.Rows))
	case len(words) == 1, t.Rows == migrate.LosesRows, t.Rows == migrate.DroppedAway:
		words = append(words, string(t.Rows))
	}
	if n, ok := rows[t.Name]; ok && loses {
		words = append(words, "("+counted(n, "row")+")")
	}
	return strings.Join(words, " ")
}

// footprintText names the statements that may touch anything.
func (p *program) footprintText(t *text, f *migrate.Footprint) {
	if f == nil || len(f.Whole) == 0 {
		return
	}
	lines := make([]string, len(f.Whole))
	for i, w := range f.Whole {
		lines[i] = fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Why)
		if w.File == "" {
			lines[i] = w.Why
		}
	}
	t.put("whole", yellow, "what these may touch cannot be known, so that every table counts as touched:")
	t.list("", p.shorten(lines))
	t.linef("", "narrow it with a comment before the statement (docs/footprint.md), or with --tables")
}

// lockText lists the locks that somebody may wait for.
func (p *program) lockText(t *text, plan *safemigrate.Plan) {
	rows := make([][]string, len(plan.Locks))
	for i, l := range plan.Locks {
		rows[i] = []string{l.Table, strings.ToLower(l.Mode), "blocks " + l.Blocks, heldUntil(plan, l), underLock(l)}
	}
	t.list("locks", p.shorten(align(rows)))
}

func heldUntil(plan *safemigrate.Plan, l migrate.LockNote) string {
	until := "until the commit"
	if plan.Steps > 1 {
		until = fmt.Sprintf("until the end of step %d", l.Step)
	}
	return fmt.Sprintf("from %s:%d %s", l.File, l.Line, until)
}

func underLock(l migrate.LockNote) string {
	if l.Work == "" {
		return ""
	}
	return fmt.Sprintf("%s, %s, about %s", l.Work, size(l.Bytes), took(l.Took.Round(time.Millisecond)))
}

// hazardText lists the hazards, those that are let pass at the end. What to write instead
// is said once for all that it holds for.
func (p *program) hazardText(t *text, all []migrate.Hazard) {
	var notes, silenced []string
	said := map[string]bool{}
	for _, h := range all {
		at := fmt.Sprintf("%s:%d: %s: %s", h.File, h.Line, h.ID, h.Why)
		switch {
		case h.Silenced != "":
			silenced = append(silenced, fmt.Sprintf("%s:%d: %s: %s", h.File, h.Line, h.ID, h.Silenced))
		case h.Note:
			notes = append(notes, at)
		default:
			t.put("hazard", yellow, at)
			if !said[h.Instead] {
				t.linef("", "  instead: %s", h.Instead)
			}
			said[h.Instead] = true
		}
	}
	if len(notes) > 0 {
		t.linef("note", "%s on tables too small for it to be felt", counted(int64(len(notes)), "hazard"))
		t.list("", p.shorten(notes))
	}
	if len(silenced) > 0 {
		t.linef("silenced", "%s let pass by the files", counted(int64(len(silenced)), "hazard"))
		t.list("", p.shorten(silenced))
	}
}

// rollbackText says what it is going to take to take the batch back.
func rollbackText(t *text, r *migrate.RollbackEstimate) {
	if r == nil || len(r.Tables) == 0 {
		return
	}
	counts := map[string]int{}
	var order []string
	for _, line := range r.Tables {
		if counts[line.Way] == 0 {
			order = append(order, line.Way)
		}
		counts[line.Way]++
	}
	words := make([]string, len(order))
	for i, way := range order {
		words[i] = fmt.Sprintf("%s: %s", way, counted(int64(counts[way]), "table"))
	}
	line := strings.Join(words, "; ")
	if r.Bytes > 0 {
		line += fmt.Sprintf("; %s, about %s", size(r.Bytes), took(r.Took.Round(time.Millisecond)))
	}
	t.linef("rollback", "%s", line)
}
