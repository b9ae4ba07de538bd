package socketio

import (
	"hash/maphash"
	"sync"
	"time"
)

// roomShards is over how many locks the names of rooms are spread.
const roomShards = 64

// rooms are the rooms that somebody is in, by name.
type rooms struct {
	kept   *holdings
	seed   maphash.Seed
	shards [roomShards]roomShard
}

type roomShard struct {
	mu    sync.RWMutex
	rooms map[string]*room
}

// room is a set of sockets that can be sent to together.
type room struct {
	name string

	mu      sync.Mutex
	dead    bool // it was empty and has been forgotten
	members []*membership
	sent    time.Time // when something was broadcast last
	log     roomLog
}

// membership is a socket in a room.
type membership struct {
	socket *Socket
	room   *room
	at     int    // its place among the room's members; guarded by the room's mu
	since  uint64 // how much had been broadcast to the room when it joined: it is owed only what came after
}

func (rs *rooms) init(kept *holdings) {
	rs.kept, rs.seed = kept, maphash.MakeSeed()
	for i := range rs.shards {
		rs.shards[i].rooms = make(map[string]*room)
	}
}

func (rs *rooms) shard(name string) *roomShard {
	return &rs.shards[maphash.String(rs.seed, name)%roomShards]
}

// find is the room of that name, nil if nobody is in it.
func (rs *rooms) find(name string) *room {
	sh := rs.shard(name)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return sh.rooms[name]
}

// each calls f for every room.
func (rs *rooms) each(f func(*room)) {
	for i := range rs.shards {
		for _, r := range rs.shards[i].list() {
			f(r)
		}
	}
}

func (sh *roomShard) list() []*room {
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	all := make([]*room, 0, len(sh.rooms))
	for _, r := range sh.rooms {
		all = append(all, r)
	}
	return all
}

// lock finds or makes the room of that name, and locks it.
func (rs *rooms) lock(name string) *room {
	for {
		r := rs.get(name)
		r.mu.Lock()
		if !r.dead {
			return r
		}
		r.mu.Unlock() // it was forgotten meanwhile
	}
}

func (rs *rooms) get(name string) *room {
	if r := rs.find(name); r != nil {
		return r
	}
	sh := rs.shard(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r := sh.rooms[name]
	if r == nil {
		r = &room{name: name}
		sh.rooms[name] = r
	}
	return r
}

// join puts s into the room of that name, as m. The caller holds s.roomsMu, and s is
// not in it.
func (rs *rooms) join(s *Socket, name string, m *membership) {
	r := rs.lock(name)
	defer r.mu.Unlock()
	*m = membership{socket: s, room: r, at: len(r.members), since: r.log.count}
	r.members = append(r.members, m)
}

// leave takes a member out of its room, and empties m. The caller holds its socket's roomsMu.
func (rs *rooms) leave(m *membership) {
	r := m.room
	empty := r.remove(m)
	*m = membership{}
	if !empty {
		return
	}
	r.forget(rs.kept)
	sh := rs.shard(r.name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	delete(sh.rooms, r.name)
}

// remove takes m out and reports whether the room is empty, and so dead: it is
// still found by its name, but nobody can join it.
func (r *room) remove(m *membership) (empty bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.members) - 1
	moved := r.members[last]
	r.members[m.at], moved.at = moved, m.at
	r.members[last] = nil
	r.members = r.members[:last]
	r.dead = last == 0
	return r.dead
}
