package sqlstore

import (
	"context"
	"testing"

	"github.com/zikr-app/zikr"
)

// TestPutBack: of a batch of which nothing was stored, those commands run again for which somebody waits.
func TestPutBack(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tc := range map[string]struct {
		ctx   context.Context
		state int32
		leave bool
		want  bool      // to run again
		told  zikr.Code // "" if it is not answered
	}{
		"ran":                       {ctx: t.Context(), state: running, want: true},
		"ran, its time is over":     {ctx: ended, state: running, told: zikr.CodeRateLimited},
		"ran, nobody may leave":     {ctx: t.Context(), state: running, leave: true, want: true},
		"sent":                      {ctx: t.Context(), state: sent, want: true},
		"sent, its time is over":    {ctx: ended, state: sent, told: zikr.CodeRateLimited},
		"sent, its caller has left": {ctx: ended, state: sent, leave: true},
	} {
		c := newCommand(tc.ctx, nil)
		c.state.Store(tc.state)
		if tc.leave {
			c.leave()
		}
		got := c.putBack()
		var told zikr.Code
		select {
		case <-c.done:
			told = zikr.CodeOf(c.err)
		default:
		}
		if got != tc.want || told != tc.told || got != c.wanted() {
			t.Errorf("%s: got %v (wanted: %v) and answered %q, want %v and %q", name, got, c.wanted(), told, tc.want, tc.told)
		}
	}
}
