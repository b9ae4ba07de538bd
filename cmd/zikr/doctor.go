package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"
)

// doctorCmd looks at all that `zikr serve` needs, and says what is wrong. It takes the same flags.
type doctorCmd struct {
	serveConfig
	JSON bool `name:"json" help:"Print a line of JSON for each finding: about, verdict (ok, warning or mend), says, todo."`

	unusable []error `kong:"-"`
}

// forgive keeps what is wrong with single settings, to be told with the rest.
func (c *doctorCmd) forgive(faults []error) {
	c.unusable = slices.DeleteFunc(append(faults, c.faults()...), func(err error) bool { return err == nil })
}

// verdict is how something was found to be.
type verdict string

const (
	healthy verdict = "ok"
	doubted verdict = "warning" // it works, and could be better
	broken  verdict = "mend"
)

// diagnosis is one thing that was found.
type diagnosis struct {
	About   string  `json:"about"`
	Verdict verdict `json:"verdict"`
	Says    string  `json:"says"`
	Todo    string  `json:"todo,omitempty"` // "" too where Says tells already
}

// good, poor and bad make a diagnosis. The latter two say what to do.
func good(says string) diagnosis       { return diagnosis{Verdict: healthy, Says: says} }
func poor(says, todo string) diagnosis { return diagnosis{Verdict: doubted, Says: says, Todo: todo} }
func bad(says, todo string) diagnosis  { return diagnosis{Verdict: broken, Says: says, Todo: todo} }

// badly is a diagnosis of an error, whose sentence says what to do.
func badly(err error) diagnosis { return bad(err.Error(), "") }

// patient is what is looked at.
type patient struct {
	cfg      serveConfig
	unusable []error // what is wrong with single settings
	file     string  // of settings; "" for none
	now      func() time.Time
	// metrics are those of the server that runs already; nil if there is none, or it does not tell.
	metrics *topSample
	// runs says that a server of ours answers at the address.
	runs bool
}

// look is one of the things that are looked at. It ends when its context does.
type look struct {
	about string
	at    func(context.Context, *patient) []diagnosis
}

// looks are all of them: what stands on this machine first, then what is reached over a network.
func looks() []look {
	return []look{
		{"settings", lookAtSettings}, {"server", lookAtServer}, {"clock", lookAtClock}, {"memory", lookAtMemory}, {"open files", lookAtFiles},
		{"data folder", lookAtFolder}, {"disk", lookAtDisk}, {"database", lookAtDatabase}, {"backups", lookAtBackups}, {"Redis", lookAtRedis},
		{"certificate", lookAtCertificate}, {"public address", lookAtPublicURL}, {"proxies", lookAtProxies}, {"tokens", lookAtTokens},
		{"traces", lookAtTraces}, {"web app", lookAtWebApp},
	}
}

const (
	// lookPatience is how long one look may take.
	lookPatience = 8 * time.Second
	// lookMercy is how much longer a look is waited for that should have ended.
	lookMercy = time.Second
)

// Run looks at one thing after another. Its error says how much must be mended.
func (c *doctorCmd) Run(io streams, from *sources, command *kong.Context) error {
	ctx, stop := interruptible()
	defer stop()
	p := &patient{cfg: c.serveConfig, file: from.file, now: time.Now}
	for _, err := range c.unusable {
		p.unusable = append(p.unusable, asGiven(err, command))
	}
	show := showDiagnosis
	if c.JSON {
		show = showJSON
	} else {
		fmt.Fprintf(io.out, "zikr %s looks at what `zikr serve` needs, and changes nothing.\n\n", versionName())
	}
	count := map[verdict]int{}
	for _, l := range looks() {
		for _, f := range p.examine(ctx, l, lookPatience) {
			count[f.Verdict]++
			show(io.out, f)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted: not everything was looked at")
		}
	}
	switch {
	case count[broken] > 0:
		return fmt.Errorf("%s must be mended (mend), %s (warning)", number(count[broken], "thing"), couldBe(count[doubted]))
	case c.JSON:
		return nil
	case count[doubted] > 0:
		fmt.Fprintf(io.out, "\nNothing must be mended; %s (warning).\n", couldBe(count[doubted]))
	default:
		fmt.Fprint(io.out, "\nAll is well.\n")
	}
	return nil
}

func couldBe(n int) string { return number(n, "thing") + " could be better" }

// examine looks at one thing. A look that does not end is left alone: a disk or a host may swallow everything.
func (p *patient) examine(ctx context.Context, l look, patience time.Duration) []diagnosis {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := make(chan []diagnosis, 1)
	go func() { found <- l.at(ctx, p) }()
	var all []diagnosis
	select {
	case all = <-found:
	case <-mercy(ctx):
		all = []diagnosis{bad(fmt.Sprintf("it does not answer within %s", patience), "see whether its disk, or the machine that it is on, hangs")}
	}
	for i := range all {
		all[i].About = l.about
	}
	return all
}

// mercy is closed some time after the end of a context.
func mercy(ctx context.Context) <-chan struct{} {
	over := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(lookMercy, func() { close(over) }) })
	return over
}

// The columns of what is printed: verdict and about, then sentences that wrap.
const (
	aboutColumn  = 9
	saysColumn   = 25
	doctorColumn = 100
)

// showDiagnosis prints one for people.
func showDiagnosis(out io.Writer, f diagnosis) {
	head := fmt.Sprintf("%-*s%-*s", aboutColumn, f.Verdict, saysColumn-aboutColumn, f.About)
	for _, text := range []string{f.Says, f.Todo} {
		for _, line := range wrapped(text, doctorColumn-saysColumn) {
			fmt.Fprintf(out, "%-*s%s\n", saysColumn, head, line)
			head = ""
		}
		head = fmt.Sprintf("%*s", saysColumn, "-> ")
	}
}

// showJSON prints one for programs.
func showJSON(out io.Writer, f diagnosis) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(f) // of texts: only the writer can fail, and then nobody reads
}

// wrapped breaks a text into lines of a width, in characters, but not what stands between backticks: it is to be copied.
func wrapped(text string, width int) (lines []string) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.IsSpace(r) {
			return r
		}
		return '?' // what no terminal should be sent
	}, text)
	line, quoted := "", false
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case !quoted && len([]rune(line))+1+len([]rune(word)) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
		quoted = quoted != (strings.Count(word, "`")%2 == 1)
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
