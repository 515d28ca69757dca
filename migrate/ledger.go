package migrate

import (
	"context"
	"encoding/json"
	"fmt"
)

// LedgerFormat is the version of the ledger's tables. A newer one is refused.
const LedgerFormat = "1"

// Ledger is safemigrate's own record in the database: one row per batch. It
// runs in the transaction that is open, so that a row and the work that it
// tells of become true together.
type Ledger struct {
	c     Conn
	batch string // table names, quoted where needed
	meta  string
}

// NewLedger gives the ledger of the database that c is connected to.
func NewLedger(c Conn) Ledger {
	if c.Dialect() != PostgreSQL {
		return Ledger{c: c, batch: "safemigrate_batch", meta: "safemigrate_meta"}
	}
	return Ledger{c: c, batch: "safemigrate.batch", meta: "safemigrate.meta"}
}

// Exists reports whether the database has a ledger, without making one.
func (l Ledger) Exists(ctx context.Context) (bool, error) {
	query := `SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'safemigrate' AND tablename = 'batch'`
	switch l.c.Dialect() {
	case SQLite:
		query = `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'safemigrate_batch'`
	case MySQL:
		query = `SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name = 'safemigrate_batch'`
	}
	rows, err := l.c.Query(ctx, query)
	if err != nil {
		return false, fmt.Errorf("look for the ledger: %w", err)
	}
	return len(rows) > 0, nil
}

// Create makes the ledger where it is missing; identity is kept as the
// database's own name from then on.
func (l Ledger) Create(ctx context.Context, identity string) error {
	var statements []string
	if l.c.Dialect() == PostgreSQL {
		statements = append(statements, `CREATE SCHEMA IF NOT EXISTS safemigrate`)
	}
	key, doc, engine := "text", "text", ""
	if l.c.Dialect() == MySQL { // a key has a length there, and a text at most 64 KiB
		key, doc, engine = "varchar(64)", "longtext", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
	}
	statements = append(statements,
		`CREATE TABLE IF NOT EXISTS `+l.batch+` (n integer PRIMARY KEY, id `+key+` NOT NULL UNIQUE, state `+key+` NOT NULL, doc `+doc+` NOT NULL)`+engine,
		`CREATE TABLE IF NOT EXISTS `+l.meta+` (name `+key+` PRIMARY KEY, value `+doc+` NOT NULL)`+engine)
	for _, s := range statements {
		if err := l.c.Exec(ctx, s); err != nil {
			return fmt.Errorf("create the ledger: %w", err)
		}
	}
	for _, kv := range [][2]string{{"format", LedgerFormat}, {"identity", identity}} {
		err := l.c.Exec(ctx, `INSERT INTO `+l.meta+` (name, value) VALUES ($1, $2) `+l.onConflict("name", "value = value", "NOTHING"), kv[0], kv[1])
		if err != nil {
			return fmt.Errorf("create the ledger: %w", err)
		}
	}
	return nil
}

// Read returns the random name that the ledger was created with and every
// batch, oldest first; nothing without a ledger.
func (l Ledger) Read(ctx context.Context) (identity string, all []Batch, err error) {
	ok, err := l.Exists(ctx)
	if err != nil || !ok {
		return "", nil, err
	}
	rows, err := l.c.Query(ctx, `SELECT name, value, 0 AS n FROM `+l.meta+` UNION ALL SELECT '', doc, n FROM `+l.batch+` ORDER BY 3`)
	if err != nil {
		return "", nil, fmt.Errorf("read the ledger: %w", err)
	}
	for _, r := range rows {
		switch r.Text(0) {
		case "identity":
			identity = r.Text(1)
		case "format":
			if r.Text(1) != LedgerFormat {
				return "", nil, fmt.Errorf("the ledger has format %s, this safemigrate reads %s: use a newer one", r.Text(1), LedgerFormat)
			}
		default:
			var b Batch
			if err := json.Unmarshal([]byte(r.Text(1)), &b); err != nil {
				return "", nil, fmt.Errorf("read the ledger: batch %s: %w", r.Text(2), err)
			}
			all = append(all, b)
		}
	}
	return identity, all, nil
}

// Put writes a batch: a new row at the end, or the new state of an old one.
func (l Ledger) Put(ctx context.Context, b Batch) error {
	doc, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("write batch %s to the ledger: %w", b.ID, err)
	}
	err = l.c.Exec(ctx, `INSERT INTO `+l.batch+` (n, id, state, doc)
		SELECT coalesce(max(n), 0) + 1, $1, $2, $3 FROM `+l.batch+` AS old
		WHERE true
		`+l.onConflict("id", "state = values(state), doc = values(doc)", "UPDATE SET state = excluded.state, doc = excluded.doc"),
		b.ID, string(b.State), string(doc))
	if err != nil {
		return fmt.Errorf("write batch %s to the ledger: %w", b.ID, err)
	}
	return nil
}

// onConflict says what becomes of a row that is there already, in the database's
// own words.
func (l Ledger) onConflict(key, mysql, others string) string {
	if l.c.Dialect() == MySQL {
		return "ON DUPLICATE KEY UPDATE " + mysql
	}
	return "ON CONFLICT (" + key + ") DO " + others
}
