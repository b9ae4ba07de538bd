package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct{}

// Run prints zikr(1), made from what the commands' own help says.
func (manCmd) Run(command *kong.Context, io streams) error {
	_, err := fmt.Fprint(io.out, manual(outlineOf(command.Model), versionName()))
	return err
}

// roff makes text safe to stand in a line of a manual page.
var roff = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ")

// manual is the page, in the macros of man(7).
func manual(root outline, version string) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line(`.TH ZIKR 1 "" "zikr %s" "zikr"`, roff.Replace(version))
	line(".SH NAME\nzikr \\- %s", text("a server for groups that read the Quran and remember God together"))
	line(".SH SYNOPSIS\n.B zikr\n.I command\n[\\fIarguments\\fR]")
	line(".SH DESCRIPTION\n%s", text("One program serves groups of readers, live over Socket.IO and over REST, with its web app and its database inside. "+
		"`zikr serve` needs no settings. Every setting is a flag and a variable; a flag wins over its variable, and a variable over a file of settings."))
	line(".SH COMMANDS")
	var serve outline
	for _, c := range root.all()[1:] {
		if c.path == "serve" {
			serve = c
		}
		if len(c.commands) == 0 {
			out.WriteString(manualOf(c))
		}
	}
	line(".SH SETTINGS\n%s", text("Of `zikr serve`; other commands take those that they need."))
	group := ""
	for _, f := range serve.flags {
		if f.setting != "" && f.group != group {
			group = f.group
			line(".SS %s", text(group))
		}
		if f.setting != "" {
			out.WriteString(manualOfFlag(f))
		}
	}
	out.WriteString(manualEnd)
	return out.String()
}

// manualOf tells of one command. Its flags that are settings stand further below.
func manualOf(c outline) string {
	out := fmt.Sprintf(".TP\n.B zikr %s\n%s\n", text(c.synopsis), text(c.help))
	own := ""
	for _, f := range c.flags {
		if f.setting == "" && f.name != "help" {
			own += manualOfFlag(f)
		}
	}
	if own == "" {
		return out
	}
	return out + ".RS\n" + own + ".RE\n"
}

func manualOfFlag(f flagOutline) string {
	head := "--" + f.name
	if f.placeholder != "" {
		head += "=" + f.placeholder
	}
	out := fmt.Sprintf(".TP\n\\fB%s\\fR", text(head))
	if f.setting != "" {
		out += fmt.Sprintf(" (\\fB%s\\fR)", text(f.setting))
	}
	help := f.help
	if f.setting != "" && f.fallback != "" {
		help += " Default: " + f.fallback + "."
	}
	return out + "\n" + text(help) + "\n"
}

// text is a paragraph; one that begins with a dot or a quote would be taken for a macro.
func text(s string) string {
	s = roff.Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		return `\&` + s
	}
	return s
}

const manualEnd = `.SH SIGNALS
.TP
.B SIGTERM, SIGINT
Every connection is told to come back, what was taken is finished, and the server ends within ten seconds. A second one ends it at once.
.TP
.B SIGHUP
Certificates and the log level are read anew.
.SH EXIT STATUS
0, or 1 with a sentence that says what is wrong.
.SH FILES
.TP
.I /etc/zikr.env
The settings of the service, a line NAME=value each, where it was installed from a package.
.TP
.I /var/lib/zikr
Its data.
.SH SEE ALSO
The documents in
.IR /usr/share/doc/zikr .
`
