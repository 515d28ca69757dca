package hazard

import (
	"context"
	"encoding/json"
	"fmt"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/parse"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Batch is what the statements of a batch do, as far as they can be understood.
type Batch struct {
	Hazards []migrate.Hazard
	Locks   []migrate.LockNote
	// Modes holds the strongest lock on each table that was there before the
	// batch, by its OID.
	Modes map[uint32]Mode
}

// parsed is one statement of a batch with its place and its trees.
type parsed struct {
	sqltext.Statement
	script  int
	step    int // from 1
	outside bool
	block   bool // between the file's own BEGIN and COMMIT
	trees   []*tree.Node
}

// Of reads what the statements name and tells what they do in files that begin in
// session s.
func Of(ctx context.Context, q Querier, s Session, r migrate.AssessRequest) (*Batch, error) {
	statements := parseAll(r)
	n := newNames()
	for _, p := range statements {
		for _, t := range p.trees {
			n.collect(t)
		}
	}
	f, err := read(ctx, q, s, n)
	if err != nil {
		return nil, err
	}
	b := newBook(r, f)
	for _, p := range statements {
		b.statement(p)
	}
	return b.close(), nil
}

// parseAll parses every statement; one that the parser refuses has no tree.
func parseAll(r migrate.AssessRequest) []parsed {
	steps, outside := stepsOf(r)
	var out []parsed
	for i, script := range r.Scripts {
		block := false
		for _, st := range script.Statements {
			at := migrate.Place{Migration: i, Offset: st.Offset}
			p := parsed{Statement: st, script: i, step: steps[at], outside: outside[at], block: block}
			switch {
			case st.Traits.Has(sqltext.Begin):
				block = true
			case st.Traits.Has(sqltext.Commit):
				block = false
			}
			if p.step == 0 {
				p.step = 1
				if len(out) > 0 {
					p.step = out[len(out)-1].step
				}
			}
			p.trees = trees(st.Text)
			out = append(out, p)
		}
	}
	return out
}

// stepsOf finds the step of each statement, and those that are committed alone
// in no transaction.
func stepsOf(r migrate.AssessRequest) (steps map[migrate.Place]int, outside map[migrate.Place]bool) {
	steps, outside = map[migrate.Place]int{}, map[migrate.Place]bool{}
	for n, step := range r.Steps {
		for _, seg := range step.Segments {
			for _, st := range seg.Statements {
				at := migrate.Place{Migration: seg.Migration, Offset: st.Offset}
				steps[at], outside[at] = n+1, !step.Transaction
			}
		}
	}
	return steps, outside
}

// trees parses a statement, and what a DO block of it runs.
func trees(sql string) []*tree.Node {
	found, err := parse.Statements(sql)
	if err != nil {
		return nil
	}
	var out []*tree.Node
	for _, f := range found {
		out = append(out, f.GetStmt())
		switch n := f.GetStmt().GetNode().(type) {
		case *tree.Node_DoStmt:
			out = append(out, blockTrees(sql)...)
		case *tree.Node_CreateSchemaStmt:
			out = append(out, n.CreateSchemaStmt.GetSchemaElts()...)
		}
	}
	return out
}

// blockTrees finds the statements of a DO block in PL/pgSQL, those of EXECUTE
// with a literal included.
func blockTrees(sql string) []*tree.Node {
	text, err := parse.Routine(sql)
	if err != nil {
		return nil
	}
	var functions any
	if err := json.Unmarshal([]byte(text), &functions); err != nil {
		return nil
	}
	var out []*tree.Node
	for _, inner := range queries(functions) {
		found, err := parse.Statements(inner)
		if err != nil {
			continue
		}
		for _, f := range found {
			out = append(out, f.GetStmt())
		}
	}
	return out
}

// queries lists the SQL within a PL/pgSQL tree.
func queries(v any) []string {
	var out []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			out = append(out, queries(e)...)
		}
	case map[string]any:
		for key, e := range v {
			switch key {
			case "PLpgSQL_stmt_execsql":
				out = append(out, expression(e, "sqlstmt"))
			case "PLpgSQL_stmt_perform":
				out = append(out, expression(e, "expr"))
			case "PLpgSQL_stmt_dynexecute":
				if literal := literalOf(expression(e, "query")); literal != "" {
					out = append(out, literal)
				}
			default:
				out = append(out, queries(e)...)
			}
		}
	}
	return out
}

func expression(statement any, field string) string {
	fields, _ := statement.(map[string]any)
	holder, _ := fields[field].(map[string]any)
	inner, _ := holder["PLpgSQL_expr"].(map[string]any)
	text, _ := inner["query"].(string)
	return text
}

// literalOf is the value of an expression that is one string constant, or "".
func literalOf(expression string) string {
	found, err := parse.Statements("SELECT " + expression)
	if err != nil || len(found) != 1 {
		return ""
	}
	targets := found[0].GetStmt().GetSelectStmt().GetTargetList()
	if len(targets) != 1 {
		return ""
	}
	return targets[0].GetResTarget().GetVal().GetAConst().GetSval().GetSval()
}

// place is "000014_split.up.sql:7".
func place(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }
