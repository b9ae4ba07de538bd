package socketio

import (
	"bytes"
	"encoding/json"
	"slices"
)

// partial is a binary packet and those of its attachments that have come.
type partial struct {
	packet      packet
	attachments [][]byte
	size        int
}

// beginPartial takes a packet that attachments follow.
func (c *conn) beginPartial(p packet) error {
	if c.srv.opt.MaxAttachments == 0 {
		return errBinary
	}
	if p.attachments > c.srv.opt.MaxAttachments {
		return errAttachments
	}
	if !placeholdersFit(p.data, p.attachments) {
		return errPayload
	}
	if p.attachments == 0 {
		return c.packet(p, nil)
	}
	p.data = slices.Clone(p.data)
	c.partial = &partial{packet: p}
	return nil
}

// attachment takes an attachment, and handles the packet when it was the last.
// All of them together may be as large as one message.
func (c *conn) attachment(data []byte) error {
	part := c.partial
	if part == nil {
		return errBinary
	}
	part.size += len(data)
	if part.size > c.srv.engine.MaxPayload() {
		return errAttachments
	}
	part.attachments = append(part.attachments, bytes.Clone(data))
	if len(part.attachments) < part.packet.attachments {
		return nil
	}
	c.partial = nil
	return c.packet(part.packet, part.attachments)
}

// placeholdersFit reports whether every {"_placeholder":true,"num":n} in data
// points to one of n attachments.
func placeholdersFit(data []byte, attachments int) bool {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return false
	}
	return fits(v, attachments)
}

func fits(v any, attachments int) bool {
	switch v := v.(type) {
	case []any:
		return !slices.ContainsFunc(v, func(one any) bool { return !fits(one, attachments) })
	case map[string]any:
		if v["_placeholder"] == true {
			n, ok := v["num"].(float64)
			return ok && n >= 0 && n < float64(attachments) && n == float64(int(n))
		}
		for _, one := range v {
			if !fits(one, attachments) {
				return false
			}
		}
	}
	return true
}
