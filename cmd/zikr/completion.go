package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints what the shell completes zikr's command line with.
func (c completionCmd) Run(command *kong.Context, io streams) error {
	root := outlineOf(command.Model)
	script := map[string]func(outline) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell]
	_, err := fmt.Fprint(io.out, script(root))
	return err
}

// bashCompletion knows by the words before the cursor which command is meant; so does zsh's.
func bashCompletion(root outline) string {
	return "# bash completion of zikr, made by: zikr completion bash\n_zikr() {\n" +
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD-1]} at='' i\n" +
		"\tif [ \"$cur\" = = ]; then cur=''; elif [ \"$flag\" = = ]; then flag=${COMP_WORDS[COMP_CWORD-2]}; fi\n" +
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase \"$at ${COMP_WORDS[i]}\" in\n" +
		"\t\t" + quotedPaths(root) + ") at=\"$at ${COMP_WORDS[i]}\" ;;\n\t\tesac\n\tdone\n" +
		"\tcase \"$at $flag\" in\n" + valueCases(root, func(f flagOutline) string {
		if f.file {
			return `COMPREPLY=($(compgen -f -- "$cur")); return`
		}
		return `COMPREPLY=($(compgen -W '` + strings.Join(f.values, " ") + `' -- "$cur")); return`
	}) + "\tesac\n\tcase \"$at\" in\n" + wordCases(root, func(o outline) string {
		return `COMPREPLY=($(compgen -W '` + strings.Join(o.words(), " ") + `' -- "$cur"))`
	}) + "\tesac\n}\ncomplete -o default -F _zikr zikr\n"
}

func zshCompletion(root outline) string {
	return "#compdef zikr\n# zsh completion of zikr, made by: zikr completion zsh\n_zikr() {\n" +
		"\tlocal at='' flag=${words[CURRENT-1]} i\n\tlocal -a choices\n" +
		"\tif [[ $PREFIX == --*=* ]]; then flag=${PREFIX%%=*}; compset -P '*='; fi\n" +
		"\tfor ((i = 2; i < CURRENT; i++)); do\n\t\tcase \"$at ${words[i]}\" in\n" +
		"\t\t" + quotedPaths(root) + ") at=\"$at ${words[i]}\" ;;\n\t\tesac\n\tdone\n" +
		"\tcase \"$at $flag\" in\n" + valueCases(root, func(f flagOutline) string {
		if f.file {
			return "_files; return"
		}
		return "compadd -- " + strings.Join(f.values, " ") + "; return"
	}) + "\tesac\n\tcase \"$at\" in\n" + wordCases(root, func(o outline) string {
		var lines []string
		for _, c := range o.commands {
			lines = append(lines, quoteShell(c.name()+":"+c.help))
		}
		for _, f := range o.flags {
			lines = append(lines, quoteShell("--"+f.name+":"+f.help))
		}
		return "choices=(" + strings.Join(lines, " ") + ")"
	}) + "\tesac\n\t_describe -o 'zikr' choices || _files\n}\nif [ \"$funcstack[1]\" = _zikr ]; then _zikr \"$@\"; else compdef _zikr zikr; fi\n"
}

func fishCompletion(root outline) string {
	var out strings.Builder
	out.WriteString("# fish completion of zikr, made by: zikr completion fish\nfunction __zikr_at\n" +
		"\tset -l at ''\n\tfor word in (commandline -opc)[2..-1]\n\t\tswitch \"$at $word\"\n\t\t\tcase " +
		strings.ReplaceAll(quotedPaths(root), "|", " ") + "\n\t\t\t\tset at \"$at $word\"\n\t\tend\n\tend\n\ttest \"$at\" = \"$argv[1]\"\nend\ncomplete -c zikr -f\n")
	for _, o := range root.all() {
		at := "complete -c zikr -n \"__zikr_at '" + before(o.path) + "'\""
		for _, c := range o.commands {
			fmt.Fprintf(&out, "%s -a %s -d %s\n", at, c.name(), quoteFish(c.help))
		}
		for _, f := range o.flags {
			fmt.Fprintf(&out, "%s -l %s -d %s%s\n", at, f.name, quoteFish(f.help), fishValue(f))
		}
	}
	return out.String()
}

func fishValue(f flagOutline) string {
	switch {
	case f.file:
		return " -r -F"
	case len(f.values) > 0:
		return " -x -a '" + strings.Join(f.values, " ") + "'"
	case f.placeholder != "":
		return " -x"
	}
	return ""
}

// words are what may stand after a command.
func (o outline) words() []string {
	var out []string
	for _, c := range o.commands {
		out = append(out, c.name())
	}
	for _, f := range o.flags {
		out = append(out, "--"+f.name)
	}
	return out
}

// before is how the scripts remember the words before the cursor: a space before each.
func before(path string) string {
	if path == "" {
		return ""
	}
	return " " + path
}

// quotedPaths are all commands as a pattern.
func quotedPaths(root outline) string {
	var out []string
	for _, o := range root.all()[1:] {
		out = append(out, "'"+before(o.path)+"'")
	}
	return strings.Join(out, "|")
}

// wordCases is a case for each command.
func wordCases(root outline, do func(outline) string) string {
	var out strings.Builder
	for _, o := range root.all() {
		fmt.Fprintf(&out, "\t'%s') %s ;;\n", before(o.path), do(o))
	}
	return out.String()
}

// valueCases is a case for each flag whose values are known.
func valueCases(root outline, do func(flagOutline) string) string {
	var out strings.Builder
	for _, o := range root.all() {
		for _, f := range o.flags {
			if f.file || len(f.values) > 0 {
				fmt.Fprintf(&out, "\t'%s --%s') %s ;;\n", before(o.path), f.name, do(f))
			}
		}
	}
	return out.String()
}

// quoteShell quotes for bash and zsh.
func quoteShell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// quoteFish quotes for fish, whose backslash works between quotes too.
func quoteFish(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
