package footprint

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// action walks one action of ALTER TABLE; t is nil for a table that the batch made.
func (w *walker) action(r ref, t *Touched, n *ast.AlterTableSpec) {
	w.newKey(r, n.Constraint)
	if n.Tp == ast.AlterTableExchangePartition {
		w.exchange(t, refOf(n.NewTable))
		return
	}
	if t == nil {
		return
	}
	switch n.Tp {
	case ast.AlterTableAddColumns:
		for _, c := range n.NewColumns {
			t.column(c.Name.Name.O, migrate.AddedTo)
		}
	case ast.AlterTableDropColumn:
		if name := n.OldColumnName.Name.O; !n.IfExists || t.table.column(name) != nil || len(t.Columns) > 0 {
			t.column(name, migrate.DroppedAway)
		}
	case ast.AlterTableModifyColumn:
		w.retype(t, n.NewColumns[0].Name.Name.O, n.NewColumns[0])
	case ast.AlterTableChangeColumn:
		if old := n.OldColumnName.Name.O; fold(old) != fold(n.NewColumns[0].Name.Name.O) {
			t.column(old, migrate.Renamed)
		}
		w.retype(t, n.OldColumnName.Name.O, n.NewColumns[0])
	case ast.AlterTableRenameColumn:
		t.column(n.OldColumnName.Name.O, migrate.Renamed)
	case ast.AlterTableOption:
		for _, o := range n.Options {
			w.option(t, o, n.Options)
		}
	case ast.AlterTableDropPartition, ast.AlterTableTruncatePartition, ast.AlterTableDiscardPartitionTablespace,
		ast.AlterTableImportPartitionTablespace, ast.AlterTableDiscardTablespace, ast.AlterTableImportTablespace, ast.AlterTableRepairPartition:
		t.Deletes = true
	case ast.AlterTableForce, ast.AlterTableAddPartitions, ast.AlterTableCoalescePartitions, ast.AlterTablePartition,
		ast.AlterTableRemovePartitioning, ast.AlterTableRebuildPartition, ast.AlterTableReorganizePartition, ast.AlterTableOptimizePartition,
		ast.AlterTableOrderByColumns, ast.AlterTableDropPrimaryKey:
		t.Rewrites = true
	case ast.AlterTableAddConstraint, ast.AlterTableDropIndex, ast.AlterTableDropForeignKey, ast.AlterTableRenameTable,
		ast.AlterTableAlterColumn, ast.AlterTableLock, ast.AlterTableAlgorithm, ast.AlterTableRenameIndex, ast.AlterTableEnableKeys,
		ast.AlterTableDisableKeys, ast.AlterTableWithValidation, ast.AlterTableWithoutValidation, ast.AlterTableCheckPartitions,
		ast.AlterTableAlterCheck, ast.AlterTableDropCheck, ast.AlterTableIndexInvisible:
	default:
		t.Deletes = true
		t.loses()
	}
}

// exchange: the rows of a partition and of a table change places.
func (w *walker) exchange(t *Touched, other ref) {
	for _, one := range []*Touched{t, w.touch(other)} {
		if one != nil {
			one.Deletes, one.Inserts = true, true
		}
	}
}

// keepingEngines hold every row that another one holds.
var keepingEngines = map[string]bool{"innodb": true, "myisam": true, "aria": true, "rocksdb": true}

// option walks an option of the table.
func (w *walker) option(t *Touched, o *ast.TableOption, all []*ast.TableOption) {
	switch o.Tp {
	case ast.TableOptionEngine:
		t.Rewrites = true
		t.Deletes = t.Deletes || !keepingEngines[fold(o.StrValue)]
	case ast.TableOptionCharset, ast.TableOptionCollate:
		// CONVERT TO has the charset and its collation in one action, and a flag
		// that says so.
		if !isConversion(all) {
			return
		}
		for _, c := range t.table.Columns {
			if c.Charset != "" {
				t.column(c.Name, converted(c.Charset, charsetOf(all)))
			}
		}
	case ast.TableOptionRowFormat, ast.TableOptionKeyBlockSize, ast.TableOptionCompression, ast.TableOptionEncryption, ast.TableOptionPageCompressed,
		ast.TableOptionPageChecksum, ast.TableOptionPageCompressionLevel, ast.TableOptionTransactional, ast.TableOptionTablespace, ast.TableOptionCheckSum:
		t.Rewrites = true
	case ast.TableOptionUnion, ast.TableOptionConnection, ast.TableOptionSecondaryEngine, ast.TableOptionDataDirectory:
		t.Deletes = true
	}
}

func isConversion(all []*ast.TableOption) bool {
	for _, o := range all {
		if o.Tp == ast.TableOptionCharset && o.UintValue == ast.TableOptionCharsetWithConvertTo {
			return true
		}
	}
	return false
}

func charsetOf(all []*ast.TableOption) string {
	for _, o := range all {
		if o.Tp == ast.TableOptionCharset {
			return o.StrValue
		}
	}
	return ""
}

// converted is what becomes of the values of a column in another character set.
func converted(from, to string) migrate.Verdict {
	if holds(from, to) {
		return migrate.Rewritten
	}
	return migrate.LosesRows
}

// retype judges a column that gets a new definition.
func (w *walker) retype(t *Touched, name string, n *ast.ColumnDef) {
	old := t.table.column(name)
	if old == nil {
		t.loses() // a column that the batch added or renamed
		return
	}
	nullable, generated := true, false
	for _, o := range n.Options {
		switch o.Tp {
		case ast.ColumnOptionNotNull, ast.ColumnOptionPrimaryKey:
			nullable = false
		case ast.ColumnOptionGenerated:
			generated = true
		}
	}
	lossless := widens(read(old.Type, old.Charset), newType(t.table, n))
	switch {
	case !lossless, generated, old.Nullable && !nullable && (!w.strict || !t.table.Strict):
		t.column(old.Name, migrate.LosesRows)
		for _, c := range t.table.Columns {
			if c.Generated { // it may be computed from this one
				t.column(c.Name, migrate.LosesRows)
			}
		}
	default:
		t.column(old.Name, migrate.Rewritten)
	}
}

// newType reads the type of a definition. A text gets the character set that is
// named, or that of its collation, or the table's: not the one that it had.
func newType(t *Table, n *ast.ColumnDef) datatype {
	d := read(n.Tp.InfoSchemaStr(), "")
	if !slices.Contains(texts, d.name) && !slices.Contains([]string{"char", "varchar", "enum", "set"}, d.name) {
		return d
	}
	d.charset = strings.ToLower(n.Tp.GetCharset())
	for _, o := range n.Options {
		if o.Tp == ast.ColumnOptionCollate && d.charset == "" {
			d.charset, _, _ = strings.Cut(strings.ToLower(o.StrValue), "_")
		}
	}
	d.charset = cmp.Or(d.charset, t.Charset)
	return d
}

// unparsedAlter takes an ALTER TABLE that the parser refused by the words that
// begin its actions.
func (w *walker) unparsedAlter(r ref, t *Touched, tokens []sqltext.Token) {
	w.unparsedKeys(r, tokens)
	at := sqltext.After(tokens, sqltext.Position(tokens, "TABLE")+1, "IF", "EXISTS") + 1
	if r.schema != "" {
		at += 2
	}
	for at < len(tokens) && tokens[at].Is("WAIT", "NOWAIT") {
		at++
	}
	for _, action := range sqltext.Divide(tokens[min(at, len(tokens)):]) {
		w.unparsedAction(r, t, action)
	}
}

// unparsedAction knows the actions that lose nothing; any other one may lose
// everything.
func (w *walker) unparsedAction(r ref, t *Touched, a []sqltext.Token) {
	words := make([]string, 0, 4)
	for _, token := range a {
		if token.Kind == sqltext.Word && len(words) < 4 && !token.Is("IF", "NOT", "EXISTS") {
			words = append(words, strings.ToUpper(token.Text))
		}
	}
	begins := strings.Join(words, " ") + " "
	starts := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(begins, p+" ") {
				return true
			}
		}
		return false
	}
	switch {
	case starts("EXCHANGE PARTITION"):
		w.exchange(t, w.name(a, sqltext.Position(a, "TABLE")+1))
	case starts("RENAME COLUMN") && t != nil:
		t.column(a[min(2, len(a)-1)].Value(), migrate.Renamed)
	case starts("RENAME INDEX", "RENAME KEY"):
	case starts("RENAME"):
		w.move(r, w.name(a, sqltext.After(a, 1, "TO", "AS")))
	case starts("CONVERT TABLE"):
		w.drop(w.name(a, sqltext.Position(a, "TABLE")+1))
		w.losesAll(t)
	case t == nil:
	case starts("ADD SYSTEM VERSIONING"):
		t.Rewrites = true
	case starts("ADD PRIMARY", "ADD UNIQUE", "ADD INDEX", "ADD KEY", "ADD FULLTEXT", "ADD SPATIAL", "ADD CONSTRAINT", "ADD FOREIGN", "ADD CHECK",
		"ADD PERIOD", "DROP INDEX", "DROP KEY", "DROP FOREIGN", "DROP CONSTRAINT", "DROP CHECK", "DROP PERIOD", "ALTER INDEX", "ALTER KEY", "ALTER CONSTRAINT",
		"ALTER CHECK", "ALGORITHM", "LOCK", "COMMENT", "AUTO_INCREMENT", "DEFAULT", "ANALYZE PARTITION", "CHECK PARTITION"):
	case starts("ADD PARTITION", "DROP PRIMARY", "FORCE", "REBUILD PARTITION"):
		t.Rewrites = true
	case starts("ADD"):
		w.addsColumns(t, a)
	case starts("ALTER") && sqltext.Has(a, "DEFAULT", "INVISIBLE", "VISIBLE"):
	case starts("DROP COLUMN"), starts("DROP") && !starts("DROP PARTITION", "DROP SYSTEM") && len(words) < 3:
		t.column(a[sqltext.After(a, 1, "COLUMN", "IF", "EXISTS")].Value(), migrate.DroppedAway)
	default:
		w.losesAll(t)
		for _, other := range w.mentioned(a) {
			if w.key(other) != w.key(r) {
				w.losesAll(w.touch(other))
			}
		}
	}
}

// losesAll takes everything of a table.
func (w *walker) losesAll(t *Touched) {
	if t != nil {
		t.Deletes, t.Updates = true, true
		t.loses()
	}
}

// addsColumns reads ADD [COLUMN] name … and ADD (name …, name …).
func (w *walker) addsColumns(t *Touched, a []sqltext.Token) {
	at := sqltext.After(a, 1, "COLUMN", "IF", "NOT", "EXISTS")
	if at >= len(a) {
		return
	}
	if !a[at].Is("(") {
		t.column(a[at].Value(), migrate.AddedTo)
		return
	}
	for _, one := range sqltext.Divide(a[at+1 : len(a)-1]) {
		if len(one) > 0 {
			t.column(one[0].Value(), migrate.AddedTo)
		}
	}
}
