package mysql

import (
	"context"
	"errors"
	"fmt"
)

// optional are settings of MySQL that not every version has, and that not every
// user may set: where one cannot be set, it stays what the server has.
var optional = []string{
	"innodb_strict_mode = 0",
	"sql_require_primary_key = 0",
	"sql_generate_invisible_primary_key = 0",
	"restrict_fk_on_non_standard_key = 0",
	"show_gipk_in_create_table_and_information_schema = 1",
}

// lenient lets a session of ours take what the server would not take from somebody
// new: definitions and rows come from where they were checked once.
func (d *DB) lenient(ctx context.Context, s *session) error {
	if d.server.maria {
		settings := "SET SESSION innodb_strict_mode = 0, foreign_key_checks = 0, system_versioning_alter_history = KEEP"
		if !d.older() {
			settings += ", system_versioning_insert_history = 1"
		}
		return s.exec(ctx, settings)
	}
	for _, setting := range optional {
		if err := s.exec(ctx, "SET SESSION "+setting); err != nil && !isCode(err, codeAccessDenied) && !isCode(err, codeUnknownVariable) {
			return err
		}
	}
	return s.exec(ctx, "SET SESSION foreign_key_checks = 0")
}

// logsRows refuses a MySQL server that writes statements to its binary log: it would
// take no row from our sessions, which read what is committed.
func (d *DB) logsRows(ctx context.Context) error {
	if d.server.maria {
		return nil
	}
	rows, err := d.ledger.query(ctx, "SHOW VARIABLES WHERE variable_name = 'log_bin' AND value = 'ON' OR variable_name = 'binlog_format' AND value = 'STATEMENT'")
	if err != nil {
		return fmt.Errorf("ask for the binary log: %w", err)
	}
	if len(rows) > 1 {
		return errors.New("the server writes statements to its binary log (binlog_format=STATEMENT): ROW or MIXED is needed")
	}
	return nil
}
