package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"github.com/caddyserver/certmagic"
)

// certificateFolder keeps certificates as certmagic does, and tells of what it cannot keep or read: certmagic itself
// says so at the level of debugging only, and what is in use then runs out.
type certificateFolder struct {
	*certmagic.FileStorage
	failed func(error)
}

// Store writes a file.
func (f *certificateFolder) Store(ctx context.Context, key string, value []byte) error {
	return f.tell(f.FileStorage.Store(ctx, key, value))
}

// Load reads one.
func (f *certificateFolder) Load(ctx context.Context, key string) ([]byte, error) {
	data, err := f.FileStorage.Load(ctx, key)
	return data, f.tell(err)
}

// Delete removes one.
func (f *certificateFolder) Delete(ctx context.Context, key string) error {
	return f.tell(f.FileStorage.Delete(ctx, key))
}

// Lock waits for a lock, which is a file too.
func (f *certificateFolder) Lock(ctx context.Context, name string) error {
	return f.tell(f.FileStorage.Lock(ctx, name))
}

// Unlock gives it back.
func (f *certificateFolder) Unlock(ctx context.Context, name string) error {
	return f.tell(f.FileStorage.Unlock(ctx, name))
}

func (f *certificateFolder) tell(err error) error {
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, context.Canceled) {
		f.failed(err)
	}
	return err
}

// notKept tells the log that certificates cannot be kept, at first and then once a day.
func (a *authority) notKept(err error) {
	if a.tell("") {
		a.log.Error("no TLS certificate is got or renewed, since it could not be kept: those in use run out", "folder", a.folder, "why", keepingAdvice(err, a.folder), "err", err)
	}
}

// keepingAdvice says what to do about a folder that cannot be used.
func keepingAdvice(err error, folder string) string {
	const then = "; then restart the server, which asks at once"
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return "its disk is full; make room" + then
	case errors.Is(err, syscall.EROFS):
		return "its disk is mounted read-only; see why, as with dmesg, and mount it for writing" + then
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("the server may not write there; give the folder to the user that runs it, like chown -R zikr: %s, and let that user write, like chmod -R u+rwX %s", folder, folder) + then
	}
	return "it cannot be written or read; see what err says, and what the system says of its disk, as with dmesg" + then
}

// mayAsk keeps the server from asking for a certificate that it could not keep: the authority issues few for a name.
func (a *authority) mayAsk(ctx context.Context, name string) error {
	probe := path.Join(certmagic.StorageKeys.CertsSitePrefix(a.issuer.IssuerKey(), name), ".zikr-probe")
	if err := a.certs.Storage.Store(ctx, probe, []byte(time.Now().Format(time.RFC3339))); err != nil {
		return fmt.Errorf("the certificate of %s could not be kept: %w", name, err)
	}
	return a.certs.Storage.Delete(ctx, probe) //nolint:wrapcheck // it names the file
}

// damaged is why the certificate that is kept of a name cannot be used; nil too if there is none.
func (a *authority) damaged(name string) error {
	keys, issuer := certmagic.StorageKeys, a.issuer.IssuerKey()
	file := func(key string) string { return a.storage.Filename(key) }
	_, err := tls.LoadX509KeyPair(file(keys.SiteCert(issuer, name)), file(keys.SitePrivateKey(issuer, name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err //nolint:wrapcheck // the log names the folder
	}
	about, err := os.ReadFile(file(keys.SiteMeta(issuer, name))) // #nosec G304 G703 -- in the operator's data folder
	if err == nil && !json.Valid(about) {
		return errors.New("what is kept about it is no JSON")
	}
	return nil
}

// tellDamaged tells the log of certificates that cannot be used. certmagic leaves them where they are, and asks for no others.
func (a *authority) tellDamaged() {
	for _, name := range a.names {
		if err := a.damaged(name); err != nil {
			folder := a.storage.Filename(certmagic.StorageKeys.CertsSitePrefix(a.issuer.IssuerKey(), name))
			a.log.Error("the TLS certificate that is kept cannot be used, and nobody can connect by its name", "name", name,
				"why", fmt.Sprintf("its files are damaged, or this user may not read them; if they are damaged, remove the folder %s and restart the server, which asks for another", folder), "err", err)
		}
	}
}
