package token

import (
	"bytes"
	"strings"
	"testing"
)

func TestDevices(t *testing.T) {
	d := NewDevices(bytes.Repeat([]byte("s"), 32))
	device, other := d.NewDevice("ali"), d.NewDevice("ali")
	id, ok := d.DeviceID(device, "ali")
	if !ok || id == "" {
		t.Fatalf("the own device: got %q, %t", id, ok)
	}
	if again, _ := d.DeviceID(device, "ali"); again != id {
		t.Errorf("one device has two names: %q and %q", id, again)
	}
	if name, ok := d.DeviceID(other, "ali"); !ok || name == id {
		t.Errorf("another device of the user: got %q, %t", name, ok)
	}
	for _, bad := range []struct{ device, user string }{
		{device, "vali"}, {device, ""}, {"", "ali"}, {device[:len(device)-1], "ali"}, {device + "A", "ali"}, {"!" + device[1:], "ali"},
		{strings.ToLower(device), "ali"}, {device[:15] + other[15:], "ali"}, {strings.Repeat("A", 38), "ali"},
	} {
		if id, ok := d.DeviceID(bad.device, bad.user); ok {
			t.Errorf("%q is taken for a device of %q: %q", bad.device, bad.user, id)
		}
	}
	if _, ok := NewDevices(bytes.Repeat([]byte("t"), 32)).DeviceID(device, "ali"); ok {
		t.Error("a device of another secret is good")
	}
}
