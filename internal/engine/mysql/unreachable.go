package mysql

import (
	"crypto/tls"
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
	case tlsHint(err) != "":
		hint = tlsHint(err)
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, mysql.ErrPktSync):
		hint = "is it MariaDB or MySQL that answers there?"
	}
	return &migrate.Failure{Outcome: migrate.Unchanged, Op: fmt.Sprintf("connect to database %q at %s as %q", c.DBName, c.Addr, c.User),
		Err: err, State: "the database was not changed", Hint: hint}
}

// tlsHint tells what to do about a certificate, or "" where none is the trouble.
func tlsHint(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		other   x509.HostnameError
		invalid x509.CertificateInvalidError
		refused tls.AlertError
	)
	switch {
	case errors.As(err, &unknown):
		return "nobody that is trusted here has signed the server's certificate: tls=custom and x-tls-ca=FILE name who has"
	case errors.As(err, &other):
		return "connect by a name that the server's certificate is for, or give the server another one"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate is out of date, or a clock is wrong"
	case errors.As(err, &invalid):
		return "the server needs another certificate"
	case errors.As(err, &refused):
		return "the server refuses TLS with this client: check x-tls-cert, x-tls-key and who may sign them"
	}
	return ""
}

// connectHint knows the server's numbers: those of MariaDB's and MySQL's error
// lists.
func connectHint(code uint16) string {
	switch code {
	case 1045, 1698: // ER_ACCESS_DENIED_ERROR
		return "check user and password, from which hosts the user may connect, and whether it has to do so with TLS"
	case 1044: // ER_DBACCESS_DENIED_ERROR
		return "check the name of the database, and what the user may do there: SHOW GRANTS"
	case 1049: // ER_BAD_DB_ERROR
		return "create the database, or check its name"
	case 1040, 1203, 1226: // too many connections, of all or of the user
		return "there is no free connection, and safemigrate needs three: try again later, or raise the limit"
	case 3159: // ER_SECURE_TRANSPORT_REQUIRED
		return "the server wants TLS: say tls=true, or tls=custom with x-tls-ca, in the database URL"
	case 1193, 1231: // ER_UNKNOWN_SYSTEM_VARIABLE, ER_WRONG_VALUE_FOR_VAR
		return "check the settings in the database URL"
	}
	return "look at the server's log"
}
