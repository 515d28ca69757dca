package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// labelWidth is the width of the first column: "database  ".
const labelWidth = 10

// text collects the answer for people: a column of labels, and beside it lines
// and tables. Everything written to it is escaped, except the program's own
// colours.
type text struct {
	b      strings.Builder
	colour bool
}

// The colours of labels.
const (
	bold   = "1"
	green  = "32"
	yellow = "33"
	red    = "31"
)

// linef writes one line beside a label; "" continues the label above.
func (t *text) linef(label, format string, args ...any) {
	t.put(label, bold, fmt.Sprintf(format, args...))
}

// donef writes the last line of something that went well.
func (t *text) donef(format string, args ...any) { t.put("done", green, fmt.Sprintf(format, args...)) }

// put writes a label in its colour, and a line.
func (t *text) put(label, colour, line string) {
	padded := fmt.Sprintf("%-*s", labelWidth, escape(label))
	if t.colour && label != "" {
		padded = "\x1b[" + colour + "m" + padded + "\x1b[0m"
	}
	t.b.WriteString(strings.TrimRight(padded+escape(line), " ") + "\n")
}

// list writes lines under one label; no lines, no label.
func (t *text) list(label string, lines []string) {
	for _, l := range lines {
		t.linef(label, "%s", l)
		label = ""
	}
}

// table writes rows with aligned columns under one label.
func (t *text) table(label string, rows [][]string) { t.list(label, align(rows)) }

// align pads every column but the last of a row to its widest cell.
func align(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		for i := range row {
			row[i] = escape(row[i])
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// shortened cuts a list to its beginning and says how much is left out.
func shortened(lines []string, limit int) []string {
	if len(lines) <= limit+1 {
		return lines
	}
	return append(lines[:limit:limit], fmt.Sprintf("… and %d more (--verbose shows them)", len(lines)-limit))
}

// databaseName is a database for people: shop at db1:5432 (PostgreSQL 16.4).
func databaseName(db snapshot.Database) string {
	name := db.Name
	switch {
	case db.Engine == "sqlite" && db.Address != "":
		name = db.Address
	case db.Address != "":
		name += " at " + db.Address
	}
	engine := map[string]string{"postgresql": "PostgreSQL", "sqlite": "SQLite"}[db.Engine]
	if engine == "" {
		engine = db.Engine
	}
	server := db.Server
	if !strings.HasPrefix(server, engine) && db.Engine != "mysql" { // MariaDB says its own name
		server = strings.TrimSpace(engine + " " + server)
	}
	return fmt.Sprintf("%s (%s)", name, server)
}

// versions is the way from one version to another.
func versions(from, to string) string {
	if from == to {
		return "version " + migrate.VersionName(from)
	}
	return fmt.Sprintf("version %s → %s", migrate.VersionName(from), migrate.VersionName(to))
}

// label names a migration: 13 add_phone, R views.
func label(version, name string) string {
	return migrate.Migration{Version: version, Name: name}.Label()
}
