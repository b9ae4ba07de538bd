package socketio

import (
	"bytes"
	"slices"

	"github.com/zikr-app/zikr/internal/engineio"
)

// ownLog is what was sent to one socket alone and has perhaps not arrived: frames,
// one after another in memory without pointers, which costs the garbage collector
// nothing however many clients wait for a ping.
type ownLog struct {
	packets []ownPacket
	head    int // packets before this one are forgotten
	data    []byte
	start   int // of the first packet's bytes
}

// ownPacket is one frame. A message with attachments has several.
type ownPacket struct {
	position uint64 // of the message
	pings    uint32 // how many pings the client had been sent
	size     uint32 // of the frame
}

// size is how many bytes are kept.
func (l *ownLog) size() int { return len(l.data) - l.start }

func (l *ownLog) add(f engineio.Frame, position uint64, pings uint32) {
	l.packets = append(l.packets, ownPacket{position, pings, uint32(len(f))})
	l.data = append(l.data, f...)
}

// forget drops whole messages from the front as long as drop says so of a packet,
// and returns the position of the last; 0 if there is none.
func (l *ownLog) forget(drop func(ownPacket) bool) (last uint64) {
	for l.head < len(l.packets) {
		p := l.packets[l.head]
		if p.position != last && !drop(p) {
			break
		}
		last = p.position
		l.head++
		l.start += int(p.size)
	}
	if l.start > len(l.data)/2 {
		l.packets = slices.Delete(l.packets, 0, l.head)
		l.data = slices.Delete(l.data, 0, l.start)
		l.head, l.start = 0, 0
	}
	return last
}

// each calls f with a copy of each frame, oldest first.
func (l *ownLog) each(f func(position uint64, frame engineio.Frame)) {
	data := l.data[l.start:]
	for _, p := range l.packets[l.head:] {
		f(p.position, bytes.Clone(data[:p.size]))
		data = data[p.size:]
	}
}
