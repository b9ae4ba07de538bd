package zikr

// Bounds is how far users and groups may make what is stored grow. Each is a line of the
// table in docs/security.md. NoBound is none. Bounds that are all zero are DefaultBounds.
type Bounds struct {
	UserSessions int64 // sessions of a user; those that were not used for longest end
	UserBlocks   int64 // whom a user blocks
}

// NoBound is no bound: more than there can ever be.
const NoBound = 1<<63 - 1

// DefaultBounds are bounds that a community of 10,000 never meets.
func DefaultBounds() Bounds {
	return Bounds{UserSessions: 50, UserBlocks: 1000}
}
