package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/zikr-app/zikr/internal/limit"
)

// The table of bounds stands in the documents between these.
const (
	tableBegins = "<!-- bounds -->\n"
	tableEnds   = "<!-- /bounds -->"
)

type boundsCmd struct {
	Into string `type:"path" placeholder:"FILE" help:"Write the table between the marks of a page, instead of printing it."`
}

// Run prints the budget as a table.
func (c boundsCmd) Run(io streams) error {
	table := boundsTable()
	if c.Into == "" {
		_, err := fmt.Fprint(io.out, table)
		return err
	}
	page, err := os.ReadFile(c.Into)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the table: it stands between %s and %s", c.Into, strings.TrimSpace(tableBegins), tableEnds)
	}
	return os.WriteFile(c.Into, []byte(before+tableBegins+table+tableEnds+after), 0o644) //nolint:gosec // a page of documents, for all to read
}

// boundsTable is limit.Table in Markdown.
func boundsTable() string {
	var out strings.Builder
	out.WriteString("| bound | what | counted by | default | setting | at the bound |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, row := range limit.Table() {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | `%s` | %s |\n", row.Bound, strings.TrimSuffix(row.What, "."), row.By, row.Default, row.Setting, row.Told)
	}
	return out.String()
}
