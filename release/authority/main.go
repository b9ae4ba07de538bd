// Command authority is an ACME authority for tests: Let's Encrypt's pebble, for which every name leads to 127.0.0.1. It prints
// the address of its directory and serves until its standard input ends.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	names := flag.String("dns", "127.0.0.1:8053", "where its DNS listens")
	plain := flag.Int("http", 80, "port on which it asks a name over HTTP")
	secure := flag.Int("tls", 443, "port on which it asks a name over TLS")
	into := flag.String("into", ".", "folder for the certificates that have to be trusted: authority.crt, its address's, and root.crt, with which it issues")
	flag.Parse()
	if err := run(*names, *plain, *secure, *into); err != nil {
		fmt.Fprintln(os.Stderr, "authority:", err)
		os.Exit(1)
	}
}

func run(names string, plain, secure int, into string) error {
	a, err := newAuthority(names, plain, secure)
	if err != nil {
		return err
	}
	defer a.close()
	err = errors.Join(
		os.WriteFile(filepath.Join(into, "authority.crt"), a.trust, 0o600),
		os.WriteFile(filepath.Join(into, "root.crt"), a.root, 0o600),
	)
	if err != nil {
		return fmt.Errorf("write what has to be trusted: %w", err)
	}
	fmt.Println(a.directory)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
