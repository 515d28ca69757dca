package dsn

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// optionPattern tells an option's name, which an error may quote, from a piece
// of something else.
var optionPattern = regexp.MustCompile(`^x(-[a-z]{1,12}){1,5}$`)

// takeOptions separates golang-migrate's options from the rest.
func takeOptions(params []param) (MigrateOptions, []param, error) {
	var o MigrateOptions
	var rest []param
	for _, p := range params {
		if !strings.HasPrefix(p.name, "x-") {
			rest = append(rest, p)
			continue
		}
		if err := o.set(p); err != nil {
			return o, nil, err
		}
	}
	if err := o.check(); err != nil {
		return o, nil, err
	}
	return o, rest, nil
}

func (o *MigrateOptions) set(p param) error {
	var err error
	switch p.name {
	case "x-migrations-table":
		o.Table = p.value
	case "x-migrations-table-quoted":
		o.TableQuoted, err = boolean(p)
	case "x-no-tx-wrap":
		o.NoTxWrap, err = boolean(p)
	case "x-multi-statement":
		_, err = boolean(p)
	case "x-statement-timeout":
		var n int64
		n, err = number(p)
		o.StatementTimeout = time.Duration(n) * time.Millisecond
	case "x-multi-statement-max-size":
		_, err = number(p)
	case "x-no-lock":
		o.NoLock, err = boolean(p)
	case "x-tls-ca":
		o.tls.CA = p.value
	case "x-tls-cert":
		o.tls.Cert = p.value
	case "x-tls-key":
		o.tls.Key = p.value
	case "x-tls-insecure-skip-verify":
		o.tls.SkipVerify, err = boolean(p)
	case "x-lock-strategy":
		if p.value != "" && p.value != "advisory" {
			err = errors.New("x-lock-strategy: only golang-migrate's advisory lock is supported")
		}
	default:
		err = unknownOption(p.name)
	}
	return err
}

// notMySQL refuses what only golang-migrate's driver for MySQL knows.
func (o *MigrateOptions) notMySQL() error {
	if o.NoLock || o.tls != (TLS{}) {
		return errors.New("options x-no-lock and x-tls-… of the database URL are for MySQL")
	}
	return nil
}

func unknownOption(name string) error {
	const known = "x-migrations-table, x-migrations-table-quoted, x-statement-timeout, x-multi-statement, " +
		"x-multi-statement-max-size, x-no-tx-wrap, x-lock-strategy, x-no-lock and x-tls-… are understood"
	if !optionPattern.MatchString(name) {
		return errors.New("an x- option of the database URL is unknown; " + known)
	}
	return fmt.Errorf("option %s of the database URL is unknown; %s", name, known)
}

func boolean(p param) (bool, error) {
	if p.value == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(p.value)
	if err != nil {
		return false, fmt.Errorf("option %s of the database URL is neither true nor false", p.name)
	}
	return b, nil
}

func number(p param) (int64, error) {
	if p.value == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(p.value, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("option %s of the database URL is not a whole number of at least 0", p.name)
	}
	return n, nil
}

var quotedTable = regexp.MustCompile(`^"[^"]+"(\."[^"]+")?$`)

func (o *MigrateOptions) check() error {
	if o.TableQuoted && o.Table != "" && !quotedTable.MatchString(o.Table) {
		return errors.New(`x-migrations-table must be "table" or "schema"."table", with the quotes, where x-migrations-table-quoted is set`)
	}
	return nil
}
