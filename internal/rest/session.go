package rest

import (
	"context"

	"github.com/mileusna/useragent"

	"github.com/zikr-app/zikr"
)

// deviceKey is where a request's context holds its User-Agent.
type deviceKey struct{}

const (
	// maxDevice is the longest name of a device in characters.
	maxDevice = 100
	// maxAgent is how much of a User-Agent is looked at, in bytes: those of browsers have less than half of it, and to
	// take one apart that somebody made for that may take as long as the square of its length.
	maxAgent = 512
)

// named is the device as the app names it, else in words what the User-Agent tells of it.
func named(ctx context.Context, device *string) *string {
	if device != nil && *device != "" {
		return device
	}
	agent, _ := ctx.Value(deviceKey{}).(string)
	words := inWords(agent)
	return &words
}

// inWords says in a few words what a User-Agent tells: "Chrome on Android". What is not known is left as the first
// word of it, which names a program; "" if there is none.
func inWords(agent string) string {
	ua := useragent.Parse(agent[:min(len(agent), maxAgent)])
	words := ua.Name
	switch {
	case ua.Name != "" && ua.Device != "":
		words = ua.Name + " on " + ua.Device
	case ua.Name != "" && ua.OS != "":
		words = ua.Name + " on " + ua.OS
	}
	var kept []rune
	for _, r := range words {
		if r >= ' ' && r != 0x7f && len(kept) < maxDevice {
			kept = append(kept, r)
		}
	}
	return string(kept)
}

// Renewal is what a session that begins with a renewed token is on.
type Renewal struct {
	DeviceName *string `json:"deviceName,omitempty" maxLength:"100" doc:"on what the person is, in words; without it the User-Agent tells"`
}

func (a *API) renew(ctx context.Context, in *struct{ Body *Renewal }) (*zikr.SignedIn, error) {
	var device *string
	if in.Body != nil {
		device = in.Body.DeviceName
	}
	return a.Service.Renew(ctx, *session(ctx), *named(ctx, device))
}

func (a *API) logout(ctx context.Context, _ *struct{}) error {
	return a.Service.Logout(ctx, *session(ctx))
}

func (a *API) listSessions(ctx context.Context, _ *struct{}) (*zikr.List[zikr.SessionItem], error) {
	return a.Service.Sessions(ctx, *session(ctx))
}

type sessionPath struct {
	SessionID string `path:"sessionId" minLength:"1" maxLength:"128"`
}

func (a *API) endSession(ctx context.Context, in *sessionPath) error {
	return a.Service.EndSession(ctx, *session(ctx), in.SessionID)
}

func (a *API) endOtherSessions(ctx context.Context, _ *struct{}) error {
	return a.Service.EndOtherSessions(ctx, *session(ctx))
}
