package main

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience bounds one block of commands: the page promises ten minutes for all.
const patience = 10 * time.Minute

// page are the blocks of commands of docs/install.md, by the headings that they stand under.
func page(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "install.md"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)\n## ([^\n]+)\n(?:[^#]|#[^#])*?```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		out[m[1]] = m[2]
	}
	return out
}

// TestPage wants ten commands on the page.
func TestPage(t *testing.T) {
	blocks := page(t)
	if got := strings.Count(blocks["Ten commands"], "\n"); got != 10 {
		t.Errorf("the ten commands are %d", got)
	}
	for _, heading := range []string{"Each month", "Upgrade"} {
		if blocks[heading] == "" {
			t.Errorf("under %q stand no commands", heading)
		}
	}
}

// systemctl stands in the place of systemd, which cannot run in a folder: it starts a unit's command as its user, with its environment.
const systemctl = `#!/bin/bash
set -eu
value() { sed -n "s/^$2=//p" "/usr/lib/systemd/system/$1.service" "/lib/systemd/system/$1.service" 2>/dev/null | head -n 1; }
[ "$1" = restart ] || exit 0
shift
for unit; do
	if [ -e "/run/$unit.pid" ]; then
		before=$(cat "/run/$unit.pid")
		kill "$before" 2>/dev/null || true
		while readlink "/proc/$before/exe" >/dev/null; do sleep 0.1; done
	fi
	cd "$(eval echo "~$(value "$unit" User)")"
	setsid setpriv --reuid "$(value "$unit" User)" --regid "$(value "$unit" Group)" --init-groups \
		--inh-caps +net_bind_service --ambient-caps +net_bind_service env HOME="$PWD" $(value "$unit" Environment) $(value "$unit" ExecStart) >>"/var/log/$unit.log" 2>&1 &
	echo $! >"/run/$unit.pid"
done
`

// TestInstall follows docs/install.md, command by command, in a bare Debian.
func TestInstall(t *testing.T) {
	if os.Getenv("ZIKR_TEST_INSTALL") == "" {
		t.Skip("a Debian is installed only where ZIKR_TEST_INSTALL=1 asks for it: it is downloaded")
	}
	if os.Geteuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("a Debian is installed by root on Linux")
	}
	if _, err := exec.LookPath("debootstrap"); err != nil {
		t.Skip("debootstrap is not installed")
	}
	for _, port := range []string{"80", "443", "7374"} {
		taken, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Skipf("port %s is taken on this machine", port)
		}
		taken.Close()
	}
	d := newDebian(t)
	made(t, "..", filepath.Join(d.root, "root", "zikr"))

	blocks := page(t)
	directory := issuing(t, filepath.Join(d.root, "root"))
	ten := strings.Replace(blocks["Ten commands"], "systemctl restart zikr\n", "echo 'ZIKR_ACME_DIRECTORY="+directory+
		"' >> /etc/zikr.env; cp /root/*.crt /usr/local/share/ca-certificates/; update-ca-certificates >/dev/null 2>&1; systemctl restart zikr\n", 1)
	begun := time.Now()
	if out := d.run(ten); !strings.Contains(out, `{"status":"ready"}`) {
		t.Fatalf("the ten commands did not find a server:\n%s", out)
	}
	t.Logf("ten commands in %s", time.Since(begun).Round(time.Second))
	d.run(`test "$(stat -c '%U %a' /etc/zikr.env)" = 'zikr 600' && test "$(stat -c '%U %a' /var/lib/zikr)" = 'zikr 700'
test -z "$(find /var/lib/zikr /var/backups/zikr ! -user zikr)" && test "$(zikrctl healthcheck)" = '{"status":"ready"}'
test -s /usr/share/man/man1/zikr.1 && test -s /usr/share/bash-completion/completions/zikr
echo '# mine' >> /etc/zikr.env`)

	d.run(blocks["Upgrade"] + "systemctl restart zikr\nuntil zikrctl healthcheck; do sleep 0.1; done\n" + blocks["Each month"])
	out := d.run(`grep '# mine' /etc/zikr.env && zikrctl user show abdulloh@example.org
apt-get remove --yes zikr >/dev/null && test ! -e /usr/bin/zikr && test -s /etc/zikr.env && test -s /var/lib/zikr/zikr.db
apt-get purge --yes zikr && test ! -e /etc/zikr.env && test -s /var/lib/zikr/zikr.db && test -s /var/backups/zikr/before-upgrade.db`)
	if !strings.Contains(out, "the data in /var/lib/zikr and the backups") {
		t.Errorf("a purge does not say that the data is left:\n%s", out)
	}
}

// issuing starts an authority for a name that is nobody's, which asks on the ports that the world would: the one of release/authority.
// It returns its address, and writes into a folder what has to be trusted.
func issuing(t *testing.T, into string) (directory string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "authority")
	if out, err := exec.Command("go", "build", "-C", "authority", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "-into", into)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // which ends it
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the authority does not say where it is: %v", err)
	}
	return strings.TrimSpace(line)
}

// debian is one in a folder.
type debian struct {
	t    *testing.T
	root string
}

// newDebian installs a bare Debian 12 in a folder. It ends, with all that runs in it, with the test.
func newDebian(t *testing.T) debian {
	t.Helper()
	d := debian{t, filepath.Join(t.TempDir(), "debian")}
	install := exec.Command("debootstrap", "--variant=minbase", "bookworm", d.root)
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("no Debian could be downloaded: %v\n%s", err, tail(string(out)))
	}
	for name, text := range map[string]string{
		"usr/local/bin/systemctl": systemctl,
		"usr/sbin/policy-rc.d":    "#!/bin/sh\nexit 101\n", // packages start nothing
		"etc/hosts":               "127.0.0.1 localhost zikr.example.org\n",
	} {
		if err := os.WriteFile(filepath.Join(d.root, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(d.end)
	return d
}

// run runs commands as a person would type them, in the folder with the package. Each must end well.
func (d debian) run(commands string) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "--mount", "--propagation", "private", "--", "bash", "-euc", `
		mount --rbind /dev "$0/dev"; mount -t proc proc "$0/proc"
		cp /etc/resolv.conf "$0/etc/resolv.conf"
		exec chroot "$0" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			bash -euo pipefail -c "cd /root/zikr; $1" </dev/null`, d.root, commands)
	cmd.WaitDelay = time.Second // what was started goes on with the output in its hands
	out, err := cmd.CombinedOutput()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		logs, _ := exec.Command("sh", "-c", `tail -n 20 "$0"/var/log/zikr.log`, d.root).CombinedOutput()
		d.t.Fatalf("%v\n%s\n%s\n%s", err, commands, tail(string(out)), logs)
	}
	return string(out)
}

// end ends what runs in the folder: only that has it as its root.
func (d debian) end() {
	folders, _ := filepath.Glob("/proc/[0-9]*/root")
	for _, folder := range folders {
		if root, err := os.Readlink(folder); err == nil && root == d.root {
			_ = exec.Command("kill", "-9", strings.Split(folder, "/")[2]).Run()
		}
	}
}

// tail is the end of what commands have printed.
func tail(out string) string { return out[max(0, len(out)-3000):] }
