//go:build !linux

package engineio

import "net"

// streamSlot is not needed: a netStream is made apart.
type streamSlot struct{}

// streams has nothing to share where each connection has its own reader.
type streams struct{}

func (*streams) init(*Server)                   {}
func (*streams) close()                         {}
func (*streams) aside(*wsConn)                  {}
func (*streams) flushSoon(s *Session)           { s.flush() }
func (*streams) adopt(net.Conn, *wsConn) stream { return nil }
