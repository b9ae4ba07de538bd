package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// outline is a command as the manual page and the completions of shells tell of it.
type outline struct {
	path     string // its words after zikr, with a space between two; "" is zikr itself
	help     string
	synopsis string // path and arguments
	commands []outline
	flags    []flagOutline
}

// flagOutline is a flag, and the setting that it is.
type flagOutline struct {
	name, help  string
	placeholder string // of its value; "" for one that has none
	setting     string // its variable; "" for a flag that is none
	fallback    string // what it is when it is not set
	group       string
	values      []string // of one that takes only these
	file        bool     // its value is the name of a file or folder
}

// outlineOf reads the grammar of the command line. What is hidden stays so.
func outlineOf(app *kong.Application) outline { return outlineOfNode(app.Node, "", nil) }

// outlineOfNode is one command, which has the flags of the commands above it, too.
func outlineOfNode(node *kong.Node, path string, above []flagOutline) outline {
	o := outline{path: path, help: node.Help, synopsis: path, flags: slices.Clone(above)}
	for _, arg := range node.Positional {
		o.synopsis += " " + arg.Summary()
	}
	for _, flag := range node.Flags {
		if !flag.Hidden {
			o.flags = append(o.flags, outlineOfFlag(flag))
		}
	}
	for _, child := range node.Children {
		if !child.Hidden {
			o.commands = append(o.commands, outlineOfNode(child, strings.TrimSpace(path+" "+child.Name), o.flags))
		}
	}
	return o
}

func outlineOfFlag(flag *kong.Flag) flagOutline {
	f := flagOutline{name: flag.Name, help: flag.Help, file: flag.Tag.Type == "path" || flag.Tag.Type == "existingfile"}
	if !flag.IsBool() {
		f.placeholder, f.fallback = strings.Trim(flag.FormatPlaceHolder(), `"`), flag.Default
	}
	if len(flag.Envs) > 0 {
		f.setting = flag.Envs[0]
	}
	if flag.Group != nil {
		f.group = flag.Group.Title
	}
	if flag.Enum != "" {
		f.values = flag.EnumSlice()
	}
	if c, ok := flag.Target.Interface().(chosen); ok {
		f.values = c.choices()
	}
	return f
}

// all lists the command and everything below it.
func (o outline) all() []outline {
	out := []outline{o}
	for _, c := range o.commands {
		out = append(out, c.all()...)
	}
	return out
}

// name is the last word of a command.
func (o outline) name() string { return o.path[strings.LastIndex(o.path, " ")+1:] }

// chosen is a setting that takes some words and no others.
type chosen interface{ choices() []string }

func (toggle) choices() []string       { return []string{"on", "off"} }
func (registration) choices() []string { return []string{"open", "invited", "closed"} }
func (logFormat) choices() []string    { return []string{"auto", "text", "json"} }
