//go:build unix

package testmy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates for one test.
type Authority struct {
	File string // its own certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Certificate is one with its key.
type Certificate struct{ by, cert, key []byte }

// NewAuthority makes one that nobody knows.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{File: filepath.Join(tb.TempDir(), "ca.pem"), key: newKey(tb)}
	template := template("authority", time.Now().Add(time.Hour))
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		tb.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(a.File, a.pem(), 0o600); err != nil {
		tb.Fatal(err)
	}
	return a
}

func (a *Authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Sign makes a certificate for a host, by name or address, or for a user; it ends at a
// time that may be over.
func (a *Authority) Sign(tb testing.TB, name string, ends time.Time) *Certificate {
	tb.Helper()
	template := template(name, ends)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	key := newKey(tb)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		tb.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return &Certificate{by: a.pem(), cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func template(name string, ends time.Time) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: ends.Add(-2 * time.Hour), NotAfter: ends}
}

// Files writes certificate and key for a client.
func (c *Certificate) Files(tb testing.TB) (cert, key string) {
	tb.Helper()
	dir := tb.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, text := range map[string][]byte{cert: c.cert, key: c.key} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return cert, key
}

// install writes the files into a server's directory, which only its account can enter,
// and adds the options that name them.
func (c *Certificate) install(dir string, options map[string]string) (map[string]string, error) {
	all := map[string]string{}
	if Tested() == MariaDB {
		all["ssl"] = "ON"
	}
	maps.Copy(all, options)
	for option, text := range map[string][]byte{"ssl-ca": c.by, "ssl-cert": c.cert, "ssl-key": c.key} {
		all[option] = filepath.Join(dir, option+".pem")
		if err := os.WriteFile(all[option], text, 0o644); err != nil {
			return nil, fmt.Errorf("writing the server's certificate: %w", err)
		}
	}
	return all, nil
}

// NewTLS is New with a certificate.
func NewTLS(tb testing.TB, certificate *Certificate, options map[string]string) *Server {
	tb.Helper()
	return own(tb, options, certificate)
}
