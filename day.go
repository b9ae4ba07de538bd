package zikr

import (
	"strings"
	"sync"
	"time"
)

// Date is a day of the calendar: how many days it comes after 1970-01-01, which is 0.
type Date int64

// DateOf is the day that a moment belongs to in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

const secondsOfDay = 24 * 60 * 60

// start is midnight of the date, in UTC.
func (d Date) start() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

// String is the date as clients see it: 2026-01-31.
func (d Date) String() string { return d.start().Format(time.DateOnly) }

// maxZone is how long the name of a time zone may be, in characters.
const maxZone = 64

// timeZone checks the name of a time zone. Only names of the IANA database are taken: no name may mean
// another zone on another node, or be counted with leap seconds.
func timeZone(field, value string) (string, error) {
	value = strings.TrimSpace(value)
	wrong := Errorf(CodeInvalidPayload, "%s is %.64q: it must be a name of the IANA database, like Asia/Tashkent, or UTC.", field, value)
	switch {
	case value == "" || len(value) > maxZone || strings.ContainsRune(value, 0):
		return "", wrong
	case value == "Local" || value == "localtime" || value == "posixrules" || value == "Factory":
		return "", wrong
	case strings.HasPrefix(value, "right/") || strings.HasPrefix(value, "posix/"):
		return "", wrong
	}
	if _, err := time.LoadLocation(value); err != nil {
		return "", wrong
	}
	return value, nil
}

// zones are the time zones that were asked for. There are some hundreds, and each takes long to read.
// The zero value is ready.
type zones struct{ known sync.Map } // of *time.Location, by name

// of returns a zone by its name; "" is UTC. One that this machine does not know, which the one where it was
// chosen did, is UTC too: nobody's reading ends for it.
func (z *zones) of(name string) *time.Location {
	if name == "" {
		return time.UTC
	}
	if known, ok := z.known.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	z.known.Store(name, zone)
	return zone
}

// zoneName is how clients see the name of a zone.
func zoneName(name string) string {
	if name == "" {
		return "UTC"
	}
	return name
}
