package bus

import (
	"context"
	"sync"

	"github.com/zikr-app/zikr"
)

// LocalPresence is the Presence of a single process, in its memory. Its methods
// never fail. The zero value is ready for use.
type LocalPresence struct {
	mu     sync.Mutex
	groups map[string]map[string]int32 // group -> user -> connections; nothing at zero is kept
}

var _ zikr.Presence = (*LocalPresence)(nil)

// NewLocalPresence returns a Presence in which nobody is online.
func NewLocalPresence() *LocalPresence { return &LocalPresence{} }

// Enter adds a connection of the user and reports whether it is the first.
func (p *LocalPresence) Enter(_ context.Context, groupID, userID string) (first bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	users := p.groups[groupID]
	if users == nil {
		users = make(map[string]int32)
		if p.groups == nil {
			p.groups = make(map[string]map[string]int32)
		}
		p.groups[groupID] = users
	}
	users[userID]++
	return users[userID] == 1, nil
}

// Leave takes a connection away and reports whether it was the last. A user
// without one is not the last to leave anything.
func (p *LocalPresence) Leave(_ context.Context, groupID, userID string) (last bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	users := p.groups[groupID]
	switch users[userID] {
	case 0:
		return false, nil
	case 1:
		delete(users, userID)
		if len(users) == 0 {
			delete(p.groups, groupID)
		}
		return true, nil
	default:
		users[userID]--
		return false, nil
	}
}

// Online counts the users in the channel and names at most limit of them, in
// no order; a limit below 0 names all.
func (p *LocalPresence) Online(_ context.Context, groupID string, limit int) (count int, userIDs []string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	users := p.groups[groupID]
	if limit < 0 || limit > len(users) {
		limit = len(users)
	}
	userIDs = make([]string, 0, limit)
	for id := range users {
		if len(userIDs) == limit {
			break
		}
		userIDs = append(userIDs, id)
	}
	return len(users), userIDs, nil
}
