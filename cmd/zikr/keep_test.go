package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// post sends JSON to a server that must take it, and returns a field of the answer.
func (p *program) post(t *testing.T, path, token, body, field string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode >= 300 {
		t.Fatalf("POST %s: %s: %v %v", path, resp.Status, answer, err)
	}
	text, _ := answer[field].(string)
	return text
}

// populated is a server with a group whose member has read a pora.
func populated(t *testing.T, environment ...string) *program {
	p := serving(t, filepath.Join(t.TempDir(), "data"), environment...)
	token := p.post(t, "/auth/register", "", `{"name":"Ali","surname":"Valiyev","email":"ali@example.org","password":"bismillah 114"}`, "token")
	group := p.post(t, "/groups", token, `{"name":"Readers","type":"quran","isPublic":true,"zikr":{"name":"Salawat"}}`, "id")
	booking := p.post(t, "/groups/"+group+"/bookings", token, `{"poraId":"1"}`, "bookingId")
	p.post(t, "/bookings/"+booking+"/complete", token, ``, "")
	return p
}

func (p *program) stop(t *testing.T) {
	t.Helper()
	p.terminate(t)
	if status := p.end(t); status != 0 {
		t.Fatalf("exit status %d:\n%s", status, p.errors)
	}
}

// spoil changes a database behind the program's back.
func spoil(t *testing.T, dir, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "zikr.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestCheckCommand(t *testing.T) {
	server := populated(t)
	good := output(t, command(t, server.dir, "check"))
	for _, want := range []string{filepath.Join(server.dir, "zikr.db"), "is in good order", "1 user,", "1 group,", "1 booking,", "2 events", "0 notice reads"} {
		if !strings.Contains(good, want) {
			t.Errorf("beside the server: got %q, want it to hold %q", good, want)
		}
	}
	server.stop(t)
	if said := output(t, command(t, server.dir, "check")); said != good {
		t.Errorf("without the server: got %q, want %q", said, good)
	}
	spoil(t, server.dir, `UPDATE hatms SET finished = 3; UPDATE groups SET member_count = 7`)
	check := command(t, server.dir, "check")
	var out bytes.Buffer
	check.Stdout = &out
	fails(t, check, "not in good order", "2 violations")
	for _, want := range []string{"counts 3 finished poras, 1 are completed\n", "counts 7 members, 1 are there\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want it to name %q", &out, want)
		}
	}
	fails(t, command(t, filepath.Join(server.dir, "nowhere"), "check"), "nowhere")
	misspelt := command(t, server.dir, "check")
	misspelt.Env = append(misspelt.Env, "ZIKR_DATADIR=x")
	fails(t, misspelt, "ZIKR_DATADIR")
}

func TestBackupAndRestoreCommands(t *testing.T) {
	server := populated(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	if said := output(t, command(t, server.dir, "backup", file)); !strings.Contains(said, file) || !strings.Contains(said, "checked: 1 user,") {
		t.Errorf("backup said %q", said)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}
	fails(t, command(t, server.dir, "backup", file), file, "--force")
	output(t, command(t, server.dir, "backup", "--force", file))
	if said := output(t, command(t, server.dir, "check", file)); !strings.Contains(said, file+" is in good order") {
		t.Errorf("check of the backup said %q", said)
	}
	fails(t, command(t, server.dir, "restore", file), server.dir, "in use", "stop it")
	server.post(t, "/auth/register", "", `{"name":"Vali","surname":"Aliyev","email":"vali@example.org","password":"bismillah 114"}`, "token")
	server.stop(t)

	said := output(t, command(t, server.dir, "restore", file))
	if !strings.Contains(said, "is restored into "+server.dir+": 1 user,") || !strings.Contains(said, "is kept: "+server.dir) {
		t.Errorf("restore said %q", said)
	}
	server = serving(t, server.dir)
	users := output(t, command(t, server.dir, "user", "list"))
	if !strings.Contains(users, "Ali Valiyev") || strings.Contains(users, "Vali Aliyev") {
		t.Errorf("after the restore the users are\n%s", users)
	}
	server.stop(t)
	if err := os.WriteFile(file, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	fails(t, command(t, server.dir, "restore", file), file)
	output(t, command(t, server.dir, "check"))
}

// TestBackupsByTheClock shows that a server makes them beside its work, and says so.
func TestBackupsByTheClock(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "backups")
	server := populated(t, "ZIKR_BACKUP_DIR="+folder, "ZIKR_BACKUP_EVERY=1s", "ZIKR_BACKUP_KEEP=2")
	deadline := time.Now().Add(time.Minute)
	var metrics string
	for {
		if _, metrics = server.get(t, "/metrics"); strings.Contains(metrics, `zikr_backups_total{outcome="ok"} 4`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no four backups were made:\n%s\n%s", metrics, server.errors)
		}
		time.Sleep(50 * time.Millisecond) // another process: there is nothing to wait for but its metrics
	}
	if strings.Contains(metrics, `outcome="failed"`) || strings.Contains(metrics, "zikr_backup_latest_timestamp_seconds 0") || !strings.Contains(metrics, "zikr_backup_bytes ") {
		t.Errorf("metrics:\n%s", metrics)
	}
	server.stop(t)
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("the folder holds %v, %v, want 2 backups", files, err)
	}
	for _, file := range files {
		output(t, command(t, server.dir, "check", file))
	}
	if !strings.Contains(server.errors.String(), "a backup was made") {
		t.Errorf("logged:\n%s", server.errors)
	}
}
