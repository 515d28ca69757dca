package dump

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// Keys say for whom a snapshot is encrypted, and with what it is read. Without
// recipients it is not encrypted.
type Keys struct {
	Recipients []age.Recipient
	Identities []age.Identity
}

// ReadKeys reads public keys (age1…, or the name of a file with one a line),
// files of identities, and a file whose first line is a passphrase ("": none),
// which stands for both.
func ReadKeys(recipients, identityFiles []string, passphraseFile string) (Keys, error) {
	var k Keys
	for _, text := range recipients {
		if err := k.addRecipient(text); err != nil {
			return Keys{}, err
		}
	}
	for _, path := range identityFiles {
		content, err := os.ReadFile(path)
		if err != nil {
			return Keys{}, fmt.Errorf("read the identity: %w", err)
		}
		all, err := age.ParseIdentities(strings.NewReader(string(content)))
		if err != nil {
			// The library's error can repeat the line, which is the secret.
			return Keys{}, fmt.Errorf("read the identity: %s holds no identity of age", path)
		}
		k.Identities = append(k.Identities, all...)
	}
	if err := k.addPassphrase(passphraseFile); err != nil {
		return Keys{}, err
	}
	return k, nil
}

func (k *Keys) addRecipient(text string) error {
	if !strings.HasPrefix(text, "age1") {
		content, err := os.ReadFile(text)
		if err != nil {
			return fmt.Errorf("read the recipient: it begins with age1, or names a file: %w", err)
		}
		text = string(content)
	}
	all, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil {
		return errors.New("read the recipient: it is no public key of age, as age-keygen prints it")
	}
	k.Recipients = append(k.Recipients, all...)
	return nil
}

func (k *Keys) addPassphrase(path string) error {
	if path == "" {
		return nil
	}
	if len(k.Recipients) > 0 {
		return errors.New("a passphrase and recipients cannot be combined: whoever knows the passphrase could pretend to be a recipient's writer")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the passphrase: %w", err)
	}
	text, _, _ := strings.Cut(string(content), "\n")
	text = strings.TrimSuffix(text, "\r")
	if text == "" {
		return fmt.Errorf("read the passphrase: the first line of %s is empty", path)
	}
	to, err := age.NewScryptRecipient(text)
	if err != nil {
		return fmt.Errorf("use the passphrase: %w", err)
	}
	with, err := age.NewScryptIdentity(text)
	if err != nil {
		return fmt.Errorf("use the passphrase: %w", err)
	}
	k.Recipients = append(k.Recipients, to)
	k.Identities = append(k.Identities, with)
	return nil
}
