package engineio

import (
	"testing"
	"unsafe"
)

// One field more, and each connection takes 32 bytes more: there is no class of the allocator between 416 and 448.
func TestSizeOfASession(t *testing.T) {
	if size := unsafe.Sizeof(sessionAndWebSocket{}); unsafe.Sizeof(uintptr(0)) == 8 && size > 416 {
		t.Errorf("a session takes %d bytes, and should take 416 at most", size)
	}
}
