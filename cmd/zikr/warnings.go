package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"github.com/zikr-app/zikr/internal/address"
)

// What is allowed and yet hardly meant: the log says so at the start.

// fewLetters is how many different bytes a secret has that nobody made up by chance.
const fewLetters = 8

// warnOfSettings tells of settings that open more than their operator may think.
func (s *server) warnOfSettings() {
	for _, sentence := range s.cfg.doubts() {
		s.log.Warn(sentence) //nolint:sloglint // the sentences are few, and those of doubts
	}
}

// doubts are sentences about settings that can be used and are hardly meant.
func (c serveConfig) doubts() (sentences []string) {
	if secret := string(c.JWTSecret); len(secret) >= minSecretBytes && variety(secret) < fewLetters {
		sentences = append(sentences, "ZIKR_JWT_SECRET is easy to guess, and who guesses it is anybody: take what `openssl rand -base64 32` prints")
	}
	if inside, err := filepath.Rel(c.DataDir, c.BackupDir); err == nil && c.BackupDir != "" && filepath.IsLocal(inside) {
		sentences = append(sentences, "ZIKR_BACKUP_DIR lies in the data folder (ZIKR_DATA_DIR): who loses the one loses the other; name a folder elsewhere, better on another disk, like ZIKR_BACKUP_DIR=/var/backups/zikr")
	}
	for _, p := range c.proxies() {
		if p.Bits() == 0 {
			sentences = append(sentences, "ZIKR_TRUSTED_PROXIES holds every address there is: anybody can then write an X-Forwarded-For, and no limit of addresses holds; name your proxy's address, like ZIKR_TRUSTED_PROXIES=127.0.0.1")
			break
		}
	}
	return sentences
}

// variety is how many different bytes a text has.
func variety(s string) int {
	seen := map[byte]bool{}
	for i := range len(s) {
		seen[s[i]] = true
	}
	return len(seen)
}

// checkBackupDir refuses to start where backups could not be made.
func (s *server) checkBackupDir() error {
	dir := s.cfg.BackupDir
	if dir == "" {
		return nil
	}
	if err := checkWritable(dir); err != nil {
		return fmt.Errorf("ZIKR_BACKUP_DIR is %q: no backup can be made there: %w; name a folder that this user may write to, like ZIKR_BACKUP_DIR=/var/backups/zikr", dir, err)
	}
	return nil
}

// checkWritable makes a folder for its owner only, unless it is there, and tries whether a file can be made in it.
func checkWritable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err //nolint:wrapcheck // it names the folder
	}
	probe, err := os.CreateTemp(dir, ".zikr-probe-*")
	if err != nil {
		return err //nolint:wrapcheck // it names the folder
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// noticeProxies counts requests of proxies whose X-Forwarded-For counts for nothing, and tells the log, once, of one in
// this machine's or a private network, which is likely the operator's, and once of any other.
func (s *server) noticeProxies(next http.Handler) http.Handler {
	ignored := s.metrics.countIgnored()
	var private, public sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-For") != "" && !address.IsProxy(r, s.proxies) {
			once, where := &public, ignored.WithLabelValues("public")
			from, err := netip.ParseAddrPort(r.RemoteAddr)
			if near := from.Addr().Unmap(); near.IsPrivate() || near.IsLoopback() {
				once, where = &private, ignored.WithLabelValues("private")
			}
			where.Inc()
			if err == nil {
				once.Do(func() {
					s.log.Warn("X-Forwarded-For is ignored, since it comes from an address that is not trusted: all who come over it share the limits of one; if it is your proxy, name it in ZIKR_TRUSTED_PROXIES", "address", from.Addr().Unmap().String())
				})
			}
		}
		next.ServeHTTP(w, r)
	})
}
