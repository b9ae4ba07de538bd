// Package socketio serves the Socket.IO protocol, revisions 5 and 4, over
// Engine.IO: namespaces, events, acknowledgements, rooms, and the recovery of a
// connection's state. https://github.com/socketio/socket.io-protocol
//
// A broadcast encodes a message once and queues the same bytes on every member
// of a room; when it returns, they are in every queue, in order. Rooms belong to
// the server, not to a namespace: a member is a Socket, which is one client in
// one namespace.
//
// Locks are taken in this order, each only when it is needed: a Socket's
// roomsMu, a room's mu, a Socket's mu, and then those of package engineio. A
// Handler is called with none of them held.
package socketio
