package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/zikr-app/zikr/internal/sqlstore"
)

// clockSlack is how far two clocks may be apart: an answer over a network takes its time too.
const clockSlack = 2 * time.Second

// lookAtClock finds a clock that is wrong, as far as that can be known without the internet.
func lookAtClock(_ context.Context, p *patient) (found []diagnosis) {
	const set = "set it: `timedatectl set-ntp true`, or install chrony"
	now := p.now()
	if made := builtAt(); now.Before(made) {
		found = append(found, bad(fmt.Sprintf("it shows %s, which is before this program was made (%s)", now.UTC().Format(time.DateTime), made.UTC().Format(time.DateOnly)), set))
	}
	if latest := p.latestWrite(); latest.Sub(now) > clockSlack {
		found = append(found, bad(fmt.Sprintf("it shows %s, and the data was written at %s (UTC): it was set back, or was wrong then", now.UTC().Format(time.DateTime), latest.UTC().Format(time.DateTime)), set))
	}
	if kept, known := clockIsKept(); known && !kept {
		found = append(found, poor("nothing keeps it: the system says that it is not synchronised", set))
	}
	if len(found) == 0 {
		return []diagnosis{good("it shows " + now.UTC().Format(time.DateTime) + " (UTC); nothing speaks against it")}
	}
	return found
}

// builtAt is when the program's source was committed; no time if that is not known.
func builtAt() time.Time {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			at, _ := time.Parse(time.RFC3339, s.Value) // no time if it is none
			return at
		}
	}
	return time.Time{}
}

// latestWrite is when the database or its log was last written, or the newest backup begun; no time if never.
func (p *patient) latestWrite() (latest time.Time) {
	if p.cfg.DatabaseURL == "" {
		for _, ending := range []string{"", "-wal"} {
			if info, err := os.Stat(sqlstore.FileName(p.cfg.DataDir) + ending); err == nil && info.ModTime().After(latest) {
				latest = info.ModTime()
			}
		}
	}
	if begun, ok := (schedule{dir: p.cfg.BackupDir}).newest(); p.cfg.BackupDir != "" && ok && begun.After(latest) {
		latest = begun
	}
	return latest
}

// isOpenToOthers reports whether others than its owner may read or change a file.
func isOpenToOthers(info fs.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0
}

// lookAtFolder finds a data folder that the server could not use, or others could.
func lookAtFolder(_ context.Context, p *patient) (found []diagnosis) {
	dir := p.cfg.DataDir
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []diagnosis{good(dir + " is not there yet: the first start makes it")}
	case err != nil:
		return []diagnosis{bad(fmt.Sprintf("ZIKR_DATA_DIR cannot be looked at: %v", err), "run this as the service's user, like `zikrctl doctor`")}
	case !info.IsDir():
		return []diagnosis{bad(fmt.Sprintf("ZIKR_DATA_DIR is %q, which is no folder", dir), "name a folder, like ZIKR_DATA_DIR=/var/lib/zikr")}
	}
	if isOpenToOthers(info) {
		found = append(found, poor(fmt.Sprintf("others may look into %s (mode %04o)", dir, info.Mode().Perm()), "close it: `chmod 700 "+dir+"`"))
	}
	if db, err := os.Stat(sqlstore.FileName(dir)); err == nil && isOpenToOthers(db) {
		found = append(found, poor(fmt.Sprintf("others may read the database (mode %04o)", db.Mode().Perm()), "close it: `chmod 600 "+sqlstore.FileName(dir)+"*`"))
	}
	if owner, names := foreign(dir); len(names) > 0 {
		found = append(found, bad(fmt.Sprintf("%s in %s is not of the folder's owner, who then cannot use it", strings.Join(names, ", "), dir), fmt.Sprintf("give it to the owner: `chown -R %s %s`", owner, dir)))
	}
	if len(found) == 0 {
		found = append(found, good(dir+" and what is in it are its owner's only"))
	}
	return found
}

// Rooms on a disk below which it is tight, and full.
const (
	fullDisk  = 256 << 20
	tightDisk = 20 << 30 // and less than a tenth of it
	// slowSync is from which median of a write on a disk is slow: a commit waits for one.
	slowSync = 20 * time.Millisecond
)

// lookAtDisk finds a disk that is full, slow, or not to be relied on.
func lookAtDisk(ctx context.Context, p *patient) (found []diagnosis) {
	dir := nearest(p.cfg.DataDir)
	free, whole, known := sqlstore.DiskRoom(dir)
	says := fmt.Sprintf("%s of %s are free", size(float64(free)), size(float64(whole)))
	switch {
	case !known:
	case free < fullDisk:
		found = append(found, bad(says+": soon nothing can be stored", "make room, or move ZIKR_DATA_DIR to a larger disk"))
	case free < tightDisk && free < whole/10:
		found = append(found, poor(says, "make room: a tenth should be free"))
	default:
		found = append(found, good(says))
	}
	if p.cfg.DatabaseURL != "" {
		return found // the server's disk is another
	}
	if f, ok := judgeFileSystem(fileSystem(dir)); ok {
		found = append(found, f)
	}
	if dir != p.cfg.DataDir {
		return found
	}
	took, skew, err := syncSpeed(ctx, dir)
	return append(found, judgeSpeed(dir, took, skew, err)...)
}

// judgeFileSystem says of a kind of file system why a database should not be on it.
func judgeFileSystem(kind string) (diagnosis, bool) {
	switch kind {
	case "":
		return diagnosis{}, false
	case "memory":
		return bad("the data folder is in memory: all is lost when the machine ends", "name a folder on a disk, like ZIKR_DATA_DIR=/var/lib/zikr"), true
	case "overlay":
		return poor("the data folder is in a container's own layer: all is lost when the container is made anew", "give it a volume, like `--volume zikr:/var/lib/zikr`"), true
	case "FUSE":
		return poor("the data folder is on a file system of a program (FUSE), and not each keeps the locks that SQLite needs", "rather name a folder on a disk of this machine, or use PostgreSQL (ZIKR_DATABASE_URL)"), true
	}
	return bad(fmt.Sprintf("the data folder is on a network (%s), where the locks that SQLite needs are not kept: the database may be damaged", kind),
		"name a folder on a disk of this machine, or use PostgreSQL (ZIKR_DATABASE_URL)"), true
}

func judgeSpeed(dir string, took, skew time.Duration, err error) []diagnosis {
	switch {
	case errors.Is(err, context.Canceled):
		return nil
	case err != nil:
		return []diagnosis{bad(fmt.Sprintf("nothing can be written in %s: %v", dir, err), "see whose the folder is, whether its disk is mounted read-only, and run this as the service's user, like `zikrctl doctor`")}
	}
	says := fmt.Sprintf("a write is on the disk after %s", exact(took))
	found := []diagnosis{good(says + ", so that a change is confirmed at once")}
	if took > slowSync {
		found[0] = poor(says+": it is slow, and each change waits for it", "take a disk with flash memory that is this machine's; an SD card or a network disk is slow")
	}
	if skew.Abs() > clockSlack {
		found = append(found, poor(fmt.Sprintf("its clock and this machine's are %s apart", exact(skew.Abs())), "see who keeps the clock of the machine that it is on"))
	}
	return found
}

// nearest is a folder, or the nearest above it that is there.
func nearest(dir string) string {
	for {
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

const (
	probeName   = ".zikr-doctor-*"
	probeWrites = 40
	probeTime   = time.Second
	pageBytes   = 4096
)

// syncSpeed is how long a page takes to the disk of a folder: the median of some dozen within a second. skew is how far the
// disk's clock is ahead of ours. The file that is written for it is removed, also when ctx ends.
func syncSpeed(ctx context.Context, dir string) (took, skew time.Duration, err error) {
	probe, err := os.CreateTemp(dir, probeName)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, probe.Close(), os.Remove(probe.Name())) }()
	page, began := make([]byte, pageBytes), time.Now()
	var each []time.Duration
	for len(each) < probeWrites && time.Since(began) < probeTime {
		if ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
		start := time.Now()
		page[0]++ // so that there is something to write
		if _, err := probe.WriteAt(page, 0); err != nil {
			return 0, 0, err
		}
		if err := probe.Sync(); err != nil {
			return 0, 0, err
		}
		each = append(each, time.Since(start))
	}
	info, err := probe.Stat()
	if err != nil {
		return 0, 0, err
	}
	slices.Sort(each)
	return each[len(each)/2], time.Until(info.ModTime()), nil
}

// exact is a time as it was measured, with as many digits as tell something.
func exact(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
