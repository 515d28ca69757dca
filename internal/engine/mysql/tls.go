package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/go-sql-driver/mysql"
)

// TLS are the files of an encrypted connection; all of them may be missing.
type TLS struct {
	CA, Cert, Key string
	SkipVerify    bool
}

// Configure reads the driver's form of a URL, and the files of its TLS options.
func Configure(dsn string, files *TLS) (*mysql.Config, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		// The driver's own words may hold a piece of the password.
		return nil, errors.New("the driver does not understand it")
	}
	if files == nil {
		return c, nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: files.SkipVerify} //nolint:gosec // the user asks for it by x-tls-insecure-skip-verify
	if host, _, err := net.SplitHostPort(c.Addr); err == nil {
		t.ServerName = host
	}
	if files.CA != "" {
		text, err := os.ReadFile(files.CA)
		if err != nil {
			return nil, fmt.Errorf("read the certificate authority: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read the certificate authority: %s holds no certificate", files.CA)
		}
	}
	if files.Cert != "" {
		pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
		if err != nil {
			return nil, fmt.Errorf("read the client's certificate: %w", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	c.TLS = t
	return c, nil
}
