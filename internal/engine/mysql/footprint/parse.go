package footprint

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // the parser's values

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// parse reads a statement by MySQL's grammar, or returns nil where the parser
// refuses it. It is given the text without comments, because it would judge
// executable ones by a version of its own.
func parse(s sqltext.Statement, tokens []sqltext.Token) (tree ast.StmtNode) {
	defer func() {
		if recover() != nil { // whatever trips it up, the names are still read
			tree = nil
		}
	}()
	p := parser.New()
	var mode mysql.SQLMode
	if s.Rules().ANSIQuotes {
		mode |= mysql.ModeANSIQuotes
	}
	if s.Rules().NoBackslashEscapes {
		mode |= mysql.ModeNoBackslashEscapes
	}
	p.SetSQLMode(mode)
	tree, err := p.ParseOneStmt(plain(tokens), "utf8mb4", "")
	if err != nil {
		return nil
	}
	return tree
}

// plain joins tokens, with one blank where there was anything between them.
func plain(tokens []sqltext.Token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 && tokens[i-1].Offset+len(tokens[i-1].Text) < t.Offset {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

func refOf(n *ast.TableName) ref { return ref{schema: n.Schema.O, name: n.Name.O} }
