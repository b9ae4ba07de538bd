package socketio

import (
	"sync"
	"sync/atomic"

	"github.com/zikr-app/zikr/internal/engineio"
)

// Bounds is how much clients may take up beside what engineio.Bounds has. Of each, 0 is no bound, and
// less is nothing at all.
type Bounds struct {
	// UserSockets are of one user, in all namespaces. A connection that has left its namespace counts
	// as long as it is there.
	UserSockets int64
	// Refusals is how many CONNECT packets of one connection are refused before it is closed.
	Refusals int64
	// Waiting are sockets that have lost their connections and may come back; 100,000.
	Waiting int64
	// Recovery are bytes that are kept for clients that may come back, and UserRecovery the same for one user.
	// A few KiB of a socket that is connected are not counted, and what rooms keep only in all.
	Recovery     int64
	UserRecovery int64
}

// The names by which engineio.Options.Met is told of a bound that was met.
const (
	boundUserSockets  = "user_connections"
	boundRefusals     = "refused_connects"
	boundWaiting      = "lost_connections"
	boundRecovery     = "recovery_bytes"
	boundUserRecovery = "user_recovery_bytes"
)

// BoundNames are all names that engineio.Options.Met may be told.
func BoundNames() []string {
	return append(engineio.BoundNames(), boundUserSockets, boundRefusals, boundWaiting, boundRecovery, boundUserRecovery)
}

const (
	// socketCost is about what a socket takes that waits for its client, in bytes.
	socketCost = 1 << 10
	// entryCost is about what a room needs for each broadcast that it keeps, in bytes.
	entryCost = 96
	// grain is up to how many bytes kept for a socket that is connected are not counted: for most there
	// are fewer, and they need not touch what all share.
	grain = 16 << 10
)

// reached reports whether n is at a bound.
func reached(n, bound int64) bool { return bound != 0 && n >= bound }

// exceeded reports whether n is beyond a bound.
func exceeded(n, bound int64) bool { return bound != 0 && n > bound }

// holdings are what clients take up, in all and by user.
type holdings struct {
	bounds *Bounds
	kept   atomic.Int64 // bytes

	mu    sync.Mutex
	users map[string]holding
}

// holding is what one user takes up; guarded by the holdings' mu.
type holding struct {
	sockets int32
	kept    int64
}

// enter counts a socket of a user, unless there are enough. One that is back is counted in any case.
func (h *holdings) enter(user string, back bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[user]
	if !back && reached(int64(u.sockets), h.bounds.UserSockets) {
		return false
	}
	u.sockets++
	h.put(user, u)
	return true
}

func (h *holdings) leave(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[user]
	u.sockets--
	h.put(user, u)
}

// keep adds to, or takes from, the bytes that are kept for a user. What is added and is too much
// is not; the name of the bound in its way is returned.
func (h *holdings) keep(user string, bytes int64) (bound string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[user]
	switch {
	case bytes > 0 && exceeded(u.kept+bytes, h.bounds.UserRecovery):
		return boundUserRecovery
	case bytes > 0 && exceeded(h.kept.Load()+bytes, h.bounds.Recovery):
		return boundRecovery
	}
	u.kept += bytes
	h.kept.Add(bytes)
	h.put(user, u)
	return ""
}

func (h *holdings) put(user string, u holding) {
	if u == (holding{}) {
		delete(h.users, user)
	} else {
		h.users[user] = u
	}
}

// full reports whether more is kept than there may be.
func (h *holdings) full() bool { return exceeded(h.kept.Load(), h.bounds.Recovery) }
