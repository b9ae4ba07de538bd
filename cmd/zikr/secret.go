package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// secretFile holds the generated JWT secret, in the data folder.
const secretFile = "jwt-secret"

// minSecretBytes is the shortest secret of HS256 (RFC 7518, section 3.2).
const minSecretBytes = 32

// makeDataDir makes the data folder, for its owner only, unless it is there.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder ZIKR_DATA_DIR: %w; name a folder that this user may make, like ZIKR_DATA_DIR=/var/lib/zikr", err)
	}
	return nil
}

// adoptData gives root's files in the data folder to who owns it.
func adoptData(dir string) error { return adopt(dir, "zikr.db", secretFile) }

// jwtSecret is the configured secret, or the generated one of the data folder.
func jwtSecret(configured Secret, dir string) ([]byte, error) {
	if configured == "" {
		return generatedSecret(filepath.Join(dir, secretFile))
	}
	return []byte(configured), checkSecret(configured)
}

// checkSecret refuses a configured secret that is too short.
func checkSecret(configured Secret) error {
	if n := len(configured); n < minSecretBytes {
		return fmt.Errorf("ZIKR_JWT_SECRET has %d bytes: at least %d are needed, as `openssl rand -base64 32` makes them, like ZIKR_JWT_SECRET=$(openssl rand -base64 32)", n, minSecretBytes)
	}
	return nil
}

// generatedSecret reads the secret in a file and makes it first if it is not there.
func generatedSecret(path string) ([]byte, error) {
	err := writeNewSecret(path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, cannotKeep("generate a JWT secret", filepath.Dir(path), err)
	}
	return readSecret(path)
}

// cannotKeep is the sentence of a data folder in which something failed.
func cannotKeep(what, dir string, err error) error {
	return fmt.Errorf("%s in ZIKR_DATA_DIR, %s: %s: %w", what, dir, folderAdvice(err, dir), err)
}

// readSecret reads a secret that was generated.
func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the generated JWT secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("others can read the JWT secret in %s (mode %04o): chmod 600 it, or delete it for a new one", path, info.Mode().Perm())
	}
	data, err := os.ReadFile(path) // #nosec G304 -- the operator names the folder
	if err != nil {
		return nil, cannotKeep("read the generated JWT secret", filepath.Dir(path), err)
	}
	secret := strings.TrimSpace(string(data))
	if len(secret) < minSecretBytes {
		return nil, fmt.Errorf("the JWT secret in %s has %d bytes, at least %d are needed: delete the file for a new one; all tokens end with it", path, len(secret), minSecretBytes)
	}
	return []byte(secret), nil
}

// writeNewSecret makes the file with a new secret whole, or fails with
// fs.ErrExist: it is written under another name, and linked to its own, which
// fails if another process was first.
func writeNewSecret(path string) error {
	if _, err := os.Stat(path); err == nil {
		return fs.ErrExist
	}
	temp, err := os.CreateTemp(filepath.Dir(path), secretFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	raw := make([]byte, minSecretBytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	_, err = temp.WriteString(base64.RawURLEncoding.EncodeToString(raw) + "\n")
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Link(temp.Name(), path)
}
