package dsn

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// TLS is how a connection to MySQL is encrypted beyond the driver's own words
// true, false, skip-verify and preferred, which stay in Target.MySQL.
type TLS struct {
	CA, Cert, Key string // files; Cert and Key are the client's
	SkipVerify    bool
	// custom: tls= had a name of the user's own, as golang-migrate wants it for
	// its x-tls- options; on: the option tls was not false.
	custom, on bool
}

// Used reports whether the connection needs a configuration of these files.
func (t *TLS) Used() bool { return t.custom || t.CA != "" || t.Cert != "" }

func (t *TLS) check() error {
	switch {
	case (t.Cert == "") != (t.Key == ""):
		return errors.New("options x-tls-cert and x-tls-key of the database URL go together")
	case t.custom && t.CA == "":
		return errors.New("option tls of the database URL is none of true, false, skip-verify and preferred, and there is no x-tls-ca")
	case t.Used() && !t.on:
		return errors.New("options x-tls-… of the database URL want tls=custom: without it nothing would be encrypted")
	}
	return nil
}

// sessionParams belong to the connection; the driver is given them.
var sessionParams = []string{
	"allowCleartextPasswords", "allowFallbackToPlaintext", "allowNativePasswords", "allowOldPasswords",
	"charset", "collation", "connectionAttributes", "timeout",
}

// dialParams say how a program sends and reads, which safemigrate decides itself.
var dialParams = []string{
	"allowAllFiles", "checkConnLiveness", "clientFoundRows", "columnsWithAlias", "compress", "interpolateParams", "loc",
	"maxAllowedPacket", "multiStatements", "parseTime", "readTimeout", "rejectReadOnly", "timeTruncate", "writeTimeout",
}

// mysqlVariables are the system variables that a URL may set for the session.
// The driver puts their values into a SET as they stand.
var mysqlVariables = []string{
	"autocommit", "character_set_client", "character_set_connection", "character_set_results", "collation_connection",
	"default_storage_engine", "explicit_defaults_for_timestamp", "foreign_key_checks", "group_concat_max_len",
	"innodb_lock_wait_timeout", "innodb_strict_mode", "lock_wait_timeout", "max_execution_time", "max_statement_time",
	"net_read_timeout", "net_write_timeout", "old_alter_table", "sql_mode", "sql_require_primary_key", "sql_safe_updates",
	"time_zone", "transaction_isolation", "tx_isolation", "unique_checks", "wait_timeout",
}

var variableValue = regexp.MustCompile(`^(?:'[A-Za-z0-9_.,:/+ -]*'|[A-Za-z0-9_.:+-]+)$`)

// setMySQLParam takes one parameter; pass: the driver is to have it as well.
func (t *Target) setMySQLParam(p param) (pass bool, err error) {
	switch {
	case p.name == "tls":
		return t.TLS.word(p.value), nil
	case slices.Contains(sessionParams, p.name):
		return true, nil
	case slices.Contains(dialParams, p.name):
		return false, nil
	case slices.Contains(mysqlVariables, p.name):
		if !variableValue.MatchString(p.value) {
			return false, fmt.Errorf("option %s of the database URL is neither a word or number nor a text in single quotes", p.name)
		}
		return true, nil
	case strings.HasPrefix(p.name, "ssl"):
		return false, errors.New("options of TLS are tls=true, tls=skip-verify, or tls=custom with x-tls-ca, x-tls-cert and x-tls-key in a MySQL URL")
	}
	return false, unknownParam(p.name)
}

// word reads tls= and reports whether it is one of the driver's own words.
func (t *TLS) word(value string) bool {
	t.on = true
	switch strings.ToLower(value) {
	case "true", "1", "preferred":
		return !t.Used()
	case "skip-verify":
		t.SkipVerify = t.SkipVerify || t.Used()
		return !t.Used()
	case "false", "0", "":
		t.on = false
		return true
	}
	t.custom = true
	return false
}
