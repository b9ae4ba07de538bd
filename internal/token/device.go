package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/zikr-app/zikr"
)

const (
	deviceID   = 12 // bytes of a device that name it
	deviceMark = 16 // bytes that prove whose it is
)

// Devices is a zikr.Devices. A device is a random id and a mark that only the holder of the
// secret can make for that id and that user; nothing is stored. It ends with the secret.
type Devices struct{ key []byte }

var _ zikr.Devices = (*Devices)(nil)

// NewDevices makes a Devices of the secret that signs tokens, under a key of its own.
func NewDevices(secret []byte) *Devices {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("zikr devices"))
	return &Devices{mac.Sum(nil)}
}

// NewDevice makes a device of a user's.
func (d *Devices) NewDevice(userID string) string {
	id := make([]byte, deviceID, deviceID+deviceMark)
	_, _ = rand.Read(id) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(append(id, d.mark(id, userID)...))
}

// DeviceID returns what names the device, if it is one of the user's.
func (d *Devices) DeviceID(device, userID string) (id string, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(device)
	if err != nil || len(raw) != deviceID+deviceMark || !hmac.Equal(raw[deviceID:], d.mark(raw[:deviceID], userID)) {
		return "", false
	}
	return "device " + device[:deviceID*4/3], true
}

func (d *Devices) mark(id []byte, userID string) []byte {
	mac := hmac.New(sha256.New, d.key)
	mac.Write(id)
	mac.Write([]byte(userID))
	return mac.Sum(nil)[:deviceMark]
}
