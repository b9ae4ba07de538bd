package storetest

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/zikr-app/zikr"
)

// seventyReaders book any free pora of a group with three open hatms, on all nodes at once: each gets one, no pora
// is given twice, and two hatms open. Then 200 poras are read in random order.
func seventyReaders(n *nodes) {
	users := n.users(70)
	g := n.group(zikr.QuranGroup, users...)
	three := zikr.Int(3)
	_, err := n.node[0].UpdateGroup(n.ctx, users[0], g.ID, zikr.GroupChange{GroupSettingsChange: zikr.GroupSettingsChange{OpenHatms: &three}})
	n.must(err)
	var mu sync.Mutex
	hands := map[string]bool{}
	var held []string
	var all sync.WaitGroup
	for i, user := range users {
		all.Go(func() {
			b := n.bookAny(i, user, g.ID)
			mu.Lock()
			defer mu.Unlock()
			if where := fmt.Sprint(b.HatmNumber, "/", b.PoraID); hands[where] || b.HatmNumber > 3 {
				n.Errorf("pora %s was given twice, or in a hatm too many", where)
			} else {
				hands[where] = true
				held = append(held, b.BookingID)
			}
		})
	}
	all.Wait()
	if opened := n.logged(g.ID, "hatm_opened"); len(hands) != 70 || opened != 2 {
		n.Errorf("%d poras are in hands, %d hatms were opened: want 70 and 2", len(hands), opened)
	}
	n.readAll(g.ID, users, held, 200)
}

// bookAny books the first pora that nobody has taken yet, on one node.
func (n *nodes) bookAny(i int, user, groupID string) *zikr.BookingConfirmed {
	first := rand.IntN(zikr.Poras)
	for try := 0; ; try++ {
		pora := fmt.Sprint((first+try)%zikr.Poras + 1)
		b, err := n.node[i%len(n.node)].BookPora(n.ctx, user, zikr.BookPora{GroupID: groupID, PoraID: pora})
		if err == nil {
			return b
		}
		if code := zikr.CodeOf(err); try > 10*zikr.Poras || code != zikr.CodePoraBooked && code != zikr.CodePoraCompleted {
			n.Errorf("book %s: %v", pora, err)
			return &zikr.BookingConfirmed{}
		}
	}
}

// readAll completes poras in random order on all nodes, those that are held first, and looks at what it makes of hatms.
func (n *nodes) readAll(groupID string, users, held []string, done int) {
	rand.Shuffle(len(held), func(i, k int) { held[i], held[k] = held[k], held[i] })
	next := make(chan string, done)
	for i := range done {
		next <- append(held, make([]string, done)...)[i]
	}
	close(next)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for id := range next {
				if id == "" { // one that nobody has booked yet
					id = n.bookAny(i, users[i+1], groupID).BookingID
				}
				if _, err := n.node[i%len(n.node)].CompletePora(n.ctx, users[0], zikr.CompletePora{BookingID: id}); err != nil {
					n.Errorf("complete %s: %v", id, err)
				}
			}
		})
	}
	all.Wait()
	snap := n.snapshot(users[0], groupID)
	finished := int64(0)
	for _, h := range snap.Hatms {
		finished += h.TotalFinished
	}
	completed := n.logged(groupID, "hatm_completed")
	if int(snap.HatmCount) != completed || snap.HatmCount < 4 || snap.HatmCount*zikr.Poras+finished != int64(n.logged(groupID, "pora_completed")) {
		n.Errorf("%d hatms are completed, told %d times; %d poras of the open ones are done, of %d", snap.HatmCount, completed, finished, done)
	}
}

// logged counts the events of a name in a group's log.
func (n *nodes) logged(groupID, name string) (count int) {
	n.must(n.stores[0].View(n.ctx, func(r zikr.Reader) error {
		events, err := r.Events(groupID, 0, 100_000)
		for _, e := range events {
			if e.Name == name {
				count++
			}
		}
		return err
	}))
	return count
}
