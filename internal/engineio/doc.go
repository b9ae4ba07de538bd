// Package engineio serves the Engine.IO protocol, revisions 4 and 3, over
// WebSocket and HTTP long-polling, with the upgrade from one to the other.
// https://github.com/socketio/engine.io-protocol
//
// It is made for many connections that are mostly idle and for packets that go
// to many of them: a packet is framed once (Frame) and the same bytes wait in
// the queue of every session; a queue is flushed with one system call; a writer
// exists only while there is something to write; heartbeats share one timing
// wheel; and a queue is bounded, so that whoever does not read is closed and
// holds up nobody.
//
// A session's packets are handled one after another, in order. While a Receiver
// handles one, the session is not read, which is all the back pressure there is.
// Sessions share the goroutines that read: a Receiver that is about to block says
// so (Session.Waits), or holds up others for some milliseconds.
package engineio
