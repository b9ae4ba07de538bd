package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

const (
	// readPatience is how long a database file is read through.
	readPatience = 3 * time.Second
	// farServer is from which round trip on a database or a Redis is far away.
	farServer = 10 * time.Millisecond
	// wrongClock is from which difference of two clocks on people notice it.
	wrongClock = time.Minute
)

// lookAtDatabase finds a database that cannot be used, or not by this program.
func lookAtDatabase(ctx context.Context, p *patient) []diagnosis {
	if p.cfg.dataConfig.check() != nil {
		return nil // told with the settings
	}
	if p.cfg.DatabaseURL != "" {
		return p.lookAtPostgres(ctx)
	}
	path := sqlstore.FileName(p.cfg.DataDir)
	f, err := sqlstore.ExamineSQLite(ctx, path, readPatience)
	if err != nil {
		return []diagnosis{badly(err)}
	}
	if f.Damage != "" {
		return []diagnosis{bad(fmt.Sprintf("%s is damaged (%s)", path, f.Damage), "stop the server and restore the newest backup: `zikr restore FILE`; see docs/operations.md, \"Backup\"")}
	}
	if found, ok := judgeSchema(path, f.Schema, p.runs); ok {
		return []diagnosis{found}
	}
	read := "every page of it is in order"
	if f.Unread {
		read = "it is too large to be read through here: `zikr check` does"
	}
	return []diagnosis{good(fmt.Sprintf("%s has %s; %s", path, size(float64(f.Bytes)), read))}
}

// judgeSchema says how a database fits this program, where that is all there is to say.
func judgeSchema(name string, s sqlstore.Schema, runs bool) (diagnosis, bool) {
	switch {
	case s.Has == 0:
		return good(name + " is not made yet: the first start does it"), true
	case s.Has > s.Newest:
		return bad(fmt.Sprintf("%s was written by a newer release (its schema is %d, this program knows %d)", name, s.Has, s.Newest), "install that release, or restore a backup that was made before the upgrade"), true
	case s.Has < s.Newest && runs:
		return bad(fmt.Sprintf("%s is of an older release (its schema is %d, this program's %d), as is the server that runs", name, s.Has, s.Newest), "restart the server, which brings it up to date: `systemctl restart zikr`"), true
	case s.Has < s.Newest:
		return poor(fmt.Sprintf("%s is of an older release (its schema is %d, this program's %d)", name, s.Has, s.Newest), "make a backup with the older release; the next start brings it up to date"), true
	}
	return diagnosis{}, false
}

func (p *patient) lookAtPostgres(ctx context.Context) []diagnosis {
	name := p.cfg.database()
	f, err := sqlstore.ExaminePostgres(ctx, string(p.cfg.DatabaseURL))
	if err != nil {
		return []diagnosis{badly(err)}
	}
	found := judgeServer(name, f, p.cfg.RedisURL != "")
	found = append(found, judgeDistance("its server", f.RoundTrip, f.Ahead)...)
	if schema, ok := judgeSchema(name, f.Schema, p.runs); ok && f.Allowed {
		found = append(found, schema)
	}
	return append(found, good(fmt.Sprintf("%s is PostgreSQL %d, and answers after %s", name, f.Version, exact(f.RoundTrip))))
}

// judgeServer finds a PostgreSQL that will not do, or not well. joined says that Redis joins the nodes.
func judgeServer(name string, f sqlstore.PostgresFound, joined bool) (found []diagnosis) {
	if f.Machines > 1 && !joined {
		found = append(found, bad(fmt.Sprintf("%d machines use %s, and ZIKR_REDIS_URL is not set: they do not hear of each other", f.Machines, name), "give all of them the same ZIKR_REDIS_URL, or end those that are too many"))
	}
	if f.Version < f.Oldest {
		found = append(found, bad(fmt.Sprintf("%s is PostgreSQL %d: %d or later is needed", name, f.Version, f.Oldest), "upgrade the server"))
	}
	if f.Encoding != "UTF8" {
		found = append(found, bad(fmt.Sprintf("%s is in %s, not in UTF-8", name, f.Encoding), "make another: `createdb --encoding=UTF8 --template=template0 zikr`"))
	}
	switch {
	case f.Standby:
		found = append(found, bad(name+" is a standby, which cannot be written to", "name the server that it follows in ZIKR_DATABASE_URL"))
	case f.ReadOnly:
		found = append(found, bad(name+" is read-only for our user (default_transaction_read_only)", "`ALTER ROLE … RESET default_transaction_read_only`, and the same for the database"))
	}
	if !f.Allowed {
		found = append(found, bad("our user may not make tables in "+name+", or not write to them", "make it the owner: `ALTER DATABASE … OWNER TO …`"))
	}
	if !f.Fsync {
		found = append(found, bad("its server runs with fsync=off: what is confirmed is lost when its machine fails", "set fsync = on in postgresql.conf"))
	}
	if f.Connections < 2*f.Needed {
		found = append(found, poor(fmt.Sprintf("its server gives %d connections, and a node takes up to %d, twice as many while one replaces another", f.Connections, f.Needed), fmt.Sprintf("set max_connections to %d or more for each node", 2*f.Needed)))
	}
	return found
}

// judgeDistance finds a server that is far away, or has another time.
func judgeDistance(name string, roundTrip, ahead time.Duration) (found []diagnosis) {
	if roundTrip > farServer {
		found = append(found, poor(fmt.Sprintf("%s answers after %s, and each change waits for several answers", name, exact(roundTrip)), "run it near: in the same data centre, better the same network"))
	}
	apart := fmt.Sprintf("the clock of %s and this machine's are %s apart", name, exact(ahead.Abs()))
	switch {
	case ahead.Abs() > wrongClock:
		found = append(found, bad(apart, "set both: `timedatectl set-ntp true`, or chrony"))
	case ahead.Abs() > clockSlack:
		found = append(found, poor(apart, "keep both: `timedatectl set-ntp true`, or chrony"))
	}
	return found
}

// leastRedis is the oldest Redis that will do.
const leastRedis = 7

// lookAtRedis finds a Redis that does not join the nodes as it should.
func lookAtRedis(ctx context.Context, p *patient) (found []diagnosis) {
	if p.cfg.RedisURL == "" || p.cfg.DatabaseURL == "" {
		return nil // the latter is told with the settings
	}
	f, err := bus.ExamineRedis(ctx, bus.Options{URL: string(p.cfg.RedisURL), Prefix: p.cfg.RedisPrefix, NodeID: "doctor"})
	if err != nil {
		return []diagnosis{bad(fmt.Sprintf("ZIKR_REDIS_URL: %v", err), "see whether it runs, and its host, port and password in ZIKR_REDIS_URL")}
	}
	var major int
	if _, err := fmt.Sscanf(f.Version, "%d.", &major); err != nil || major < leastRedis {
		found = append(found, bad(fmt.Sprintf("it is Redis %s: %d or later is needed", f.Version, leastRedis), "upgrade it"))
	}
	if f.Replica {
		found = append(found, bad("it only follows another Redis, and keeps nothing of ours", "name the one that it follows in ZIKR_REDIS_URL"))
	}
	if f.Eviction != "noeviction" {
		found = append(found, poor(fmt.Sprintf("it forgets what it likes when its memory is full (maxmemory-policy %s): who is online would be told wrongly", f.Eviction), "`redis-cli config set maxmemory-policy noeviction`, and in redis.conf"))
	}
	if found = append(found, judgeDistance("Redis", f.RoundTrip, f.Ahead)...); len(found) == 0 {
		found = append(found, good(fmt.Sprintf("it is Redis %s, and answers after %s", f.Version, exact(f.RoundTrip))))
	}
	return found
}

// lookAtBackups finds backups that are not made, are old, or could not be restored.
func lookAtBackups(ctx context.Context, p *patient) []diagnosis {
	if p.cfg.DatabaseURL != "" {
		return []diagnosis{good("those of PostgreSQL are made with its own tools (`pg_dump`), and cannot be seen from here: see yourself that they are")}
	}
	if p.cfg.BackupDir == "" {
		return []diagnosis{poor("none are made by the clock", "name a folder for them, like ZIKR_BACKUP_DIR=/var/backups/zikr")}
	}
	plan := schedule{dir: p.cfg.BackupDir, every: p.cfg.BackupEvery}
	if info, err := os.Stat(plan.dir); err == nil && !info.IsDir() {
		return []diagnosis{bad(fmt.Sprintf("ZIKR_BACKUP_DIR is %q, which is no folder", plan.dir), "name a folder, like ZIKR_BACKUP_DIR=/var/backups/zikr")}
	}
	if nearest(plan.dir) != plan.dir {
		return []diagnosis{poor(plan.dir+" is not there", "start the server, which makes it, or make it for the service's user")}
	}
	if _, _, err := syncSpeed(ctx, plan.dir); err != nil {
		return []diagnosis{bad(fmt.Sprintf("no backup can be made in %s: %v", plan.dir, err), "name a folder that this user may write to, like ZIKR_BACKUP_DIR=/var/backups/zikr, or run this as the service's user, like `zikrctl doctor`")}
	}
	found := p.lookForRoom(ctx, plan.dir)
	files, err := plan.files()
	switch {
	case err != nil:
		return append(found, badly(fmt.Errorf("the backups cannot be listed: %w", err)))
	case len(files) == 0:
		return append(found, poor("there is none in "+plan.dir+" yet", "start the server: it makes the first one at once"))
	}
	return append(found, p.judgeNewest(ctx, filepath.Join(plan.dir, files[len(files)-1]), plan)...)
}

// lookForRoom finds a disk that has no room for one more backup.
func (p *patient) lookForRoom(ctx context.Context, dir string) []diagnosis {
	f, err := sqlstore.ExamineSQLite(ctx, sqlstore.FileName(p.cfg.DataDir), 0)
	free, _, known := sqlstore.DiskRoom(dir)
	if need := uint64(f.Bytes) + sqlstore.RoomLeft; err == nil && known && free < need {
		return []diagnosis{bad(fmt.Sprintf("%s are free on their disk, and the next one needs %s", size(float64(free)), size(float64(need))), "make room, or name another disk in ZIKR_BACKUP_DIR")}
	}
	return nil
}

// judgeNewest says how old the newest backup is, and whether it can be read.
func (p *patient) judgeNewest(ctx context.Context, file string, plan schedule) []diagnosis {
	begun, ok := plan.newest()
	age := p.now().Sub(begun)
	f, err := sqlstore.ExamineSQLite(ctx, file, readPatience)
	switch {
	case err != nil:
		return []diagnosis{bad(fmt.Sprintf("the newest, %s, cannot be read: %v", file, err), "make another at once: `zikr backup FILE`, and see what the server's log says of backups")}
	case f.Damage != "" || f.Has == 0:
		return []diagnosis{bad(fmt.Sprintf("the newest, %s, is no good database (%s)", file, orElse(f.Damage, "it is empty")), "make another at once: `zikr backup FILE`, and remove this one")}
	case !ok || age < -clockSlack:
		return []diagnosis{poor("the newest, "+file+", is from the future", "see what is said of the clock above")}
	case age > 2*plan.every:
		return []diagnosis{bad(fmt.Sprintf("the newest is %s old, and one should be made every %s", exact(age.Round(time.Minute)), plan.every), "see whether the server runs, and what its log says: `journalctl --unit zikr --grep backup`")}
	}
	return []diagnosis{good(fmt.Sprintf("the newest, %s, is %s old and can be read; copy it to another machine, too", filepath.Base(file), exact(age.Round(time.Minute))))}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
