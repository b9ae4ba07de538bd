package main

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// configCmd shows what `zikr serve` would run with. It takes the same flags.
type configCmd struct {
	serveConfig
}

// Run prints each setting, its value and where it came from. Secrets are hidden.
func (c *configCmd) Run(io streams, from *sources, command *kong.Context) error {
	given := map[string]bool{}
	for _, path := range command.Path {
		if path.Flag != nil && !path.Resolved {
			given[path.Flag.Name] = true
		}
	}
	table := newTable(io.out)
	table.row("SETTING", "VALUE", "FROM")
	for _, flag := range command.Selected().Flags {
		if len(flag.Envs) == 0 {
			continue
		}
		name := flag.Envs[0]
		source := from.of(name)
		if given[flag.Name] {
			source = "flag --" + flag.Name
		}
		table.row(name, dash(shown(flag.Target)), source)
	}
	return table.Flush()
}

// shown is a value without what is secret in it.
func shown(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = shown(v.Index(i))
		}
		return strings.Join(parts, ",")
	}
	secret, is := v.Interface().(Secret)
	text := fmt.Sprint(v.Interface())
	if is {
		if text = string(secret); !strings.Contains(text, "://") {
			return secret.String()
		}
	}
	if !strings.Contains(text, "://") {
		return text
	}
	return withoutCredentials(text, is)
}

// withoutCredentials is a URL without a password; of a secret one the query, which may hold one too, is hidden as well.
func withoutCredentials(text string, secret bool) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || secret && u.Host == "":
		return redacted // nobody knows what is in it
	case u.User == nil && (!secret || u.RawQuery == ""):
		return text
	case secret && u.RawQuery != "":
		u.RawQuery = "redacted"
	}
	if _, has := u.User.Password(); has || u.User != nil && !secret {
		u.User = url.UserPassword(u.User.Username(), "redacted")
	}
	return u.String()
}
