package zikr

import "math"

// Bounds are how much there may be of what a client can make grow. The zero value of all of them together
// is DefaultBounds; of one, it lets nothing in.
type Bounds struct {
	UserSessions int64 // sessions of a user, but the newest; those that were not used for longest end
	UserBlocks   int64 // whom a user blocks
}

// Unlimited is no bound.
const Unlimited = math.MaxInt64

// DefaultBounds are what a community of 10,000 never meets.
func DefaultBounds() Bounds {
	return Bounds{UserSessions: 50, UserBlocks: 1_000}
}
