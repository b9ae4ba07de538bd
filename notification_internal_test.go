package zikr

import (
	"context"
	"log/slog"
	"slices"
	"testing"
)

// While one is told, others wait: the newest of a topic, and for its sender the newest by another.
func TestNoticesThatWait(t *testing.T) {
	started, goOn := make(chan struct{}), make(chan struct{})
	var told []string
	a := announcer{log: slog.Default(), tell: func(_ context.Context, n Notice) error {
		if len(told) == 0 {
			close(started)
			<-goOn
		}
		told = append(told, n.ID)
		return nil
	}}
	a.add(Notice{ID: "first", SenderID: "ali", Topic: "salawat"})
	<-started
	for _, n := range []Notice{
		{ID: "a1", SenderID: "ali", Topic: "salawat"},
		{ID: "v1", SenderID: "vali", Topic: "salawat"},
		{ID: "other", SenderID: "ali", Topic: "istighfar"},
		{ID: "s1", SenderID: "sami", Topic: "salawat"},
		{ID: "s2", SenderID: "sami", Topic: "salawat"},
	} {
		a.add(n)
	}
	close(goOn)
	a.close()
	if want := []string{"first", "v1", "other", "s2"}; !slices.Equal(told, want) {
		t.Errorf("told: got %q, want %q", told, want)
	}
}
