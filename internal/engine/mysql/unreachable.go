package mysql

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/migrate"
)

// connectFailure says where the connection was tried, and the server's answer.
func connectFailure(c *mysql.Config, err error) error {
	hint := "is the server running, and is host and port right?"
	if answer, ok := errors.AsType[*mysql.MySQLError](err); ok {
		hint = connectHint(answer.Number)
	}
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		hint = "the server has no TLS: give it a certificate, or leave tls out of the database URL"
	case isTLS(err):
		hint = "check tls, x-tls-ca and the name that the server's certificate is for"
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, mysql.ErrPktSync):
		hint = "is it MariaDB or MySQL that answers there?"
	}
	return &migrate.Failure{Outcome: migrate.Unchanged, Op: fmt.Sprintf("connect to database %q at %s as %q", c.DBName, c.Addr, c.User),
		Err: err, State: "the database was not changed", Hint: hint}
}

func isTLS(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, other := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	return unknown || other || invalid
}

// connectHint knows the server's numbers: those of MariaDB's and MySQL's error
// lists.
func connectHint(code uint16) string {
	switch code {
	case 1045, 1698: // ER_ACCESS_DENIED_ERROR
		return "check user and password, and from which hosts the user may connect"
	case 1044: // ER_DBACCESS_DENIED_ERROR
		return "check the name of the database, and what the user may do there: SHOW GRANTS"
	case 1049: // ER_BAD_DB_ERROR
		return "create the database, or check its name"
	case 1040, 1203, 1226: // too many connections, of all or of the user
		return "there is no free connection, and safemigrate needs three: try again later, or raise the limit"
	case 1193, 1231: // ER_UNKNOWN_SYSTEM_VARIABLE, ER_WRONG_VALUE_FOR_VAR
		return "check the settings in the database URL"
	}
	return "look at the server's log"
}
