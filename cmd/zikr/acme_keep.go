package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"
	"time"

	"github.com/caddyserver/certmagic"
)

const (
	// folderAgain is the pause after a certificate could not be kept, and managedAgain that after anything else that
	// certmagic gives up. It pauses by itself where the authority does not issue, so the second is long.
	folderAgain  = time.Minute
	managedAgain = time.Hour
)

// keep gets the certificate of a name, if there is none, and has it renewed from then on. certmagic gives up where the folder
// cannot be used, so it is asked again until it has begun, or ctx ends.
func (a *authority) keep(ctx context.Context, name string) {
	for {
		err := a.manage(ctx, name)
		if err == nil || ctx.Err() != nil {
			return
		}
		pause := managedAgain
		if a.mayAsk(ctx, name) != nil {
			pause = folderAgain
		}
		a.log.Debug("the TLS certificate is not managed yet", "name", name, "pause", pause, "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// manage waits until there is a certificate of a name, takes it, and has it renewed from then on.
func (a *authority) manage(ctx context.Context, name string) error {
	if err := a.certs.ObtainCertAsync(ctx, name); err != nil {
		return fmt.Errorf("get the certificate of %s: %w", name, err)
	}
	cert, err := a.certs.CacheManagedCertificate(ctx, name)
	if err != nil {
		a.notUsed(name, err)
		return fmt.Errorf("take the certificate of %s: %w", name, err)
	}
	a.well(name)
	a.log.Info("a TLS certificate is in use", "name", name, "until", cert.Leaf.NotAfter)
	return a.cache.RenewManagedCertificates(ctx) //nolint:wrapcheck // it never fails
}

// unusable is under which the log was told that the certificate of a name which is kept cannot be used.
func unusable(name string) string { return "unusable " + name }

// notUsed tells the log of a certificate that is kept and cannot be used, at first and then once a day. certmagic leaves it
// where it is, and asks for no other.
func (a *authority) notUsed(name string, err error) {
	if errors.Is(err, context.Canceled) || !a.tell(unusable(name)) {
		return
	}
	folder := a.storage.Filename(certmagic.StorageKeys.CertsSitePrefix(a.issuer.IssuerKey(), name))
	a.log.Error("the TLS certificate that is kept cannot be used, and nobody can connect by its name", "name", name,
		"why", fmt.Sprintf("its files are damaged, or this user may not read them; if they are damaged, remove the folder %s: the server asks for another within an hour, or at once when it is restarted", folder), "err", err)
}

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

// keepingAdvice says what to do about the folder of the certificates.
func keepingAdvice(err error, folder string) string {
	return folderAdvice(err, folder) + "; the server then goes on by itself, within six hours, or at once when it is restarted"
}

// folderAdvice says what to do about a folder that cannot be used.
func folderAdvice(err error, folder string) string {
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return "its disk is full; make room"
	case errors.Is(err, syscall.EROFS):
		return "its disk is mounted read-only; see why, as with dmesg, and mount it for writing"
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("the server may not write or read there; give the folder to the user that runs it, like chown -R zikr: %s, and let that user write, like chmod -R u+rwX %s", folder, folder)
	}
	return "it cannot be written or read; see what err says, and what the system says of its disk, as with dmesg"
}

// mayAsk keeps the server from asking for a certificate that it could not keep: the authority issues few for a name. The
// pauses of certmagic, which are made for an authority that does not issue, are left then.
func (a *authority) mayAsk(ctx context.Context, name string) error {
	probe := path.Join(certmagic.StorageKeys.CertsSitePrefix(a.issuer.IssuerKey(), name), ".zikr-probe")
	if err := a.certs.Storage.Store(ctx, probe, []byte(time.Now().Format(time.RFC3339))); err != nil {
		return certmagic.ErrNoRetry{Err: fmt.Errorf("the certificate of %s could not be kept: %w", name, err)}
	}
	return a.certs.Storage.Delete(ctx, probe) //nolint:wrapcheck // it names the file
}
