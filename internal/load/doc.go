// Package load puts load on a Socket.IO server and tells what that costs the
// server. It is what `zikr load` runs; it knows nothing of how the server is made.
//
// It speaks Socket.IO 5 over Engine.IO 4, by WebSocket or by long-polling, and
// three events that a server has to know: join_group, answered by joined_group;
// update_zikr_count, answered by zikr_update_confirmed and told to the group as
// zikr_count_updated; and one with an acknowledgement. Of a zikr server it also
// measures bookings, completions and replays, and snapshots over REST.
//
// Generator and server often share one machine, so the generator must cost
// little. On Linux one goroutine drives all connections over epoll, a connection
// that waits holds no buffer, and packets are looked at, never decoded. On other
// systems, and over TLS, each connection has two goroutines: that works the same and
// costs more, which the report says.
//
// From the bottom up: network carries bytes, transport makes them Engine.IO
// packets, fleet makes these Socket.IO events, and a scenario sends and awaits
// events. All of that runs in the goroutine that called the scenario; nothing is locked. What
// goes over REST (Gather, Snapshot) is apart from that.
package load
