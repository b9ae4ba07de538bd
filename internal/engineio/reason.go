package engineio

// Reason says why a session ended.
type Reason uint8

// The reasons a session can end for.
const (
	ClientClose    Reason = iota // the client sent a close packet
	TransportClose               // the connection was closed, or dropped
	TransportError               // HTTP requests that overlap or broke off
	PingTimeout                  // nothing was heard in time
	ParseError                   // the client sent what the protocol does not allow
	SlowConsumer                 // the client does not read: its queue is full
	ConnectTimeout               // the application did not settle the session in time
	Flood                        // the client went on to send far more than it may
	Crowded                      // it would hold more than there is room for
	ServerClose                  // the application closed it
	Shutdown                     // the server is going away
	reasons                      // how many there are
)

var reasonNames = [reasons]string{
	"client close", "transport close", "transport error", "ping timeout", "parse error",
	"slow consumer", "connect timeout", "flood", "crowded", "server close", "shutdown",
}

// String is the reason in words, fit for a log or a metric's label.
func (r Reason) String() string {
	if r >= reasons {
		return "unknown"
	}
	return reasonNames[r]
}
