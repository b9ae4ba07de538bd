package main

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Abdulloh Karimov": "Abdulloh Karimov", "Ҳошимов": "Ҳошимов", "ولي": "ولي", "": "",
		"a\x1b[31mb": "a<U+001B>[31mb", "a\nb\tc": "a<U+000A>b<U+0009>c", "a\u202eb": "a<U+202E>b", "a\u2066b": "a<U+2066>b", "\x7f": "<U+007F>", "a\u200bb": "a<U+200B>b",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// The operator's commands do the same beside a server and without one.
func TestOperatorCommands(t *testing.T) {
	dir := t.TempDir()
	run := func(url string, args ...string) string {
		p := command(t, dir, args...)
		if url != "" {
			p.Env = append(p.Env, "ZIKR_ADDR="+strings.TrimPrefix(url, "http://"))
		}
		return output(t, p)
	}
	missing := command(t, dir, "user", "suspend", "ali@example.org")
	fails(t, missing, "there is no database")
	run("", "user", "add", "Ali", "Valiyev", "ali@example.org")
	for _, url := range []string{"", "server"} {
		var server *program
		if url != "" {
			server = serving(t, dir)
			url = server.url
		}
		run(url, "user", "suspend", "ali@example.org")
		if list := run(url, "user", "list"); !strings.Contains(list, "suspended") {
			t.Errorf("the list is\n%s", list)
		}
		run(url, "user", "unsuspend", "ALI@example.org")
		run(url, "user", "admin", "ali@example.org")
		run(url, "user", "admin", "--remove", "ali@example.org")
		if said := run(url, "user", "password", "ali@example.org"); !strings.HasPrefix(said, "password\t") {
			t.Errorf("user password said %q", said)
		}
		if shown := run(url, "user", "show", "ali@example.org"); !strings.Contains(shown, "Ali Valiyev") {
			t.Errorf("user show said %q", shown)
		}
		if acts := run(url, "audit", "--limit=1"); !strings.Contains(acts, "password_set") || strings.Count(acts, "\n") != 2 {
			t.Errorf("audit said %q", acts)
		}
		fails(t, withAddr(command(t, dir, "user", "show", "ali"), url), "there is no account") // a name is not enough
		fails(t, withAddr(command(t, dir, "user", "delete", "ali@example.org"), url), "--yes")
		if server != nil {
			stranger := withAddr(command(t, dir, "user", "show", "ali@example.org"), url)
			stranger.Env = append(stranger.Env, "ZIKR_JWT_SECRET="+strings.Repeat("another secret", 3))
			fails(t, stranger, "ZIKR_JWT_SECRET")
			server.terminate(t)
			server.end(t)
		}
	}
}

func withAddr(p *program, url string) *program {
	if url != "" {
		p.Env = append(p.Env, "ZIKR_ADDR="+strings.TrimPrefix(url, "http://"))
	}
	return p
}
