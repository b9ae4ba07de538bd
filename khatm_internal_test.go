package zikr

import (
	"strconv"
	"testing"
)

// TestBookingGroups forgets what was asked for long ago, and nothing else.
func TestBookingGroups(t *testing.T) {
	var b bookingGroups
	const all = 3*maxBookingGroups + 1
	for i := range all {
		b.add(strconv.Itoa(i), "group of "+strconv.Itoa(i))
	}
	for _, i := range []int{all - 1, all - 2, all - maxBookingGroups} {
		if got, known := b.group(strconv.Itoa(i)); !known || got != "group of "+strconv.Itoa(i) {
			t.Errorf("booking %d: got %q, %t", i, got, known)
		}
	}
	if got, known := b.group("0"); known {
		t.Errorf("the first is still known: %q", got)
	}
	if kept := len(b.recent) + len(b.older); kept > 2*maxBookingGroups {
		t.Errorf("%d are kept, want %d at most", kept, 2*maxBookingGroups)
	}
}
