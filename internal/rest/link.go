package rest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"rsc.io/qr"

	"github.com/zikr-app/zikr"
)

// LinkPath is the link that a path names.
type LinkPath struct {
	Code string `path:"code" minLength:"1" maxLength:"40" doc:"as it stands in the link, or as people type it"`
}

type groupLinkPath struct {
	GroupPath
	LinkPath
}

type newLink struct {
	GroupPath
	Body zikr.NewLink
}

func (a *API) createLink(ctx context.Context, in *newLink) (*zikr.LinkItem, error) {
	return a.Service.CreateLink(ctx, caller(ctx), in.GroupID, in.Body)
}

func (a *API) listLinks(ctx context.Context, in *struct{ GroupPath }) (*zikr.List[zikr.LinkItem], error) {
	return a.Service.Links(ctx, caller(ctx), in.GroupID)
}

func (a *API) endLink(ctx context.Context, in *groupLinkPath) error {
	return a.Service.EndLink(ctx, caller(ctx), in.GroupID, in.Code)
}

func (a *API) linkPage(ctx context.Context, in *struct{ LinkPath }) (*zikr.LinkPage, error) {
	return guessed(ctx, a, func() (*zikr.LinkPage, error) { return a.Service.LinkPage(ctx, in.Code) })
}

func (a *API) joinByLink(ctx context.Context, in *struct{ LinkPath }) (*zikr.Snapshot, error) {
	return guessed(ctx, a, func() (*zikr.Snapshot, error) { return a.Service.JoinByLink(ctx, caller(ctx), in.Code) })
}

func (a *API) registerGuest(ctx context.Context, in *struct{ Body zikr.NewGuest }) (*zikr.SignedIn, error) {
	in.Body.DeviceName = named(ctx, in.Body.DeviceName)
	return guessed(ctx, a, func() (*zikr.SignedIn, error) {
		return a.signUp(ctx, func() (*zikr.SignedIn, error) { return a.Service.RegisterGuest(ctx, in.Body) })
	})
}

// guessed runs what looks for a link, unless too many that do not exist were asked for from the address.
func guessed[T any](ctx context.Context, a *API, look func() (*T, error)) (*T, error) {
	if a.Links == nil {
		return look()
	}
	done, retryAfter, ok := a.Links.Begin(addressOf(ctx), a.Now())
	if !ok {
		a.holdUp(ctx, addressOf(ctx))
		return nil, zikr.RateLimited(retryAfter, "Too many links that do not exist were asked for from your address. Please try again later.")
	}
	missed := true // also if look panics
	defer func() { done(missed) }()
	out, err := look()
	missed = zikr.CodeOf(err) == zikr.CodeLinkNotFound
	return out, err
}

// quiet is how many light squares a QR code needs around it (ISO/IEC 18004, section 5.3.8).
const quiet = 4

// picture is an image as an answer.
type picture struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

type qrQuery struct {
	LinkPath
	Size int `query:"size" minimum:"64" maximum:"2048" default:"512" doc:"the width in pixels at the least"`
}

// serveQR adds the pictures of a link: the QR code of its page.
func serveQR(s section) {
	servePicture(s, op{"linkQRSVG", "GET /links/{code}/qr.svg", 200, "Read a link as a QR code (SVG)", anyone}, "image/svg+xml",
		func(code *qr.Code, _ int) ([]byte, error) { return qrSVG(code), nil })
	servePicture(s, op{"linkQRPNG", "GET /links/{code}/qr.png", 200, "Read a link as a QR code (PNG)", anyone}, "image/png", qrPNG)
}

func servePicture(s section, o op, kind string, draw func(*qr.Code, int) ([]byte, error)) {
	operation := operation[qrQuery](s, o, false)
	operation.Responses["200"] = &huma.Response{Description: "The picture.", Content: map[string]*huma.MediaType{kind: {}}}
	huma.Register(s.api.huma, operation, func(ctx context.Context, in *qrQuery) (*picture, error) {
		data, err := s.api.qrOf(ctx, in, draw)
		if err != nil {
			return nil, s.api.problem(ctx, o.id, err)
		}
		return &picture{kind, data}, nil
	})
}

// qrOf draws the address of a link that lets people in.
func (a *API) qrOf(ctx context.Context, in *qrQuery, draw func(*qr.Code, int) ([]byte, error)) ([]byte, error) {
	_, err := guessed(ctx, a, func() (*zikr.LinkPage, error) { return a.Service.LinkPage(ctx, in.Code) })
	if err != nil {
		return nil, err
	}
	address, err := a.Service.LinkURL(in.Code)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(address, "/") { // the operator has not said where the server is: where it was asked
		address = originOf(ctx) + address
	}
	code, err := qr.Encode(address, qr.M)
	if err != nil { // it is too long, as the client has made it with its Host
		return nil, zikr.Errorf(zikr.CodeInvalidPayload, "The address of the link has %d bytes, which is too long for a QR code. Please ask under a shorter name of this server.", len(address))
	}
	return a.drawn(ctx, func() ([]byte, error) { return draw(code, in.Size) })
}

// drawn draws a picture when it is the caller's turn: a large one takes some megabytes and milliseconds, and anybody
// may ask for it.
func (a *API) drawn(ctx context.Context, draw func() ([]byte, error)) ([]byte, error) {
	if a.Reads == nil {
		return draw()
	}
	if err := a.Reads.Take(ctx, a.Who(addressOf(ctx))); err != nil {
		return nil, err
	}
	defer a.Reads.Give()
	return draw()
}

// qrSVG draws a code as one path, a unit for a square.
func qrSVG(code *qr.Code) []byte {
	var b bytes.Buffer
	side := code.Size + 2*quiet
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, side, side, side, side)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}

// qrPNG draws a code in whole pixels, at least size wide.
func qrPNG(code *qr.Code, size int) ([]byte, error) {
	side := code.Size + 2*quiet
	scale := (size + side - 1) / side
	img := image.NewPaletted(image.Rect(0, 0, side*scale, side*scale), color.Palette{color.White, color.Black})
	for y := range code.Size {
		lines := img.Pix[(y+quiet)*scale*img.Stride:][:scale*img.Stride] // of one row of squares: all alike
		for x := range side * scale {
			if code.Black(x/scale-quiet, y) {
				lines[x] = 1
			}
		}
		for done := img.Stride; done < len(lines); done += img.Stride {
			copy(lines[done:], lines[:img.Stride])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("encode a picture of %s pixels: %w", strconv.Itoa(side*scale), err)
	}
	return b.Bytes(), nil
}
