package load

import "time"

// pace sends at a rate, whether what was sent before is answered or not.
type pace struct {
	fleet *fleet
	gap   time.Duration
	send  func() (more bool) // sends one; false says that it was the last
	next  time.Duration      // when the next is due
	late  time.Duration      // the latest that one was sent after it was due
}

// start begins to send so many a second.
func (p *pace) start(f *fleet, rate float64, send func() (more bool)) {
	*p = pace{fleet: f, gap: time.Duration(float64(time.Second) / rate), send: send, next: f.clock()}
	p.sendDue()
}

// sendDue sends what is due, and asks to be called for the next.
func (p *pace) sendDue() {
	for p.next <= p.fleet.clock() {
		p.late = max(p.late, p.fleet.now-p.next)
		if !p.send() {
			return
		}
		p.next += p.gap
	}
	p.fleet.ring(p.next, p.sendDue)
}

// report says how fast it was to be, and how late it was.
func (p *pace) report(r *Report, rate float64, what string) {
	r.add("rate", what+" a second, asked for", rate, "")
	r.add("late_ms", "the generator was late by up to", milliseconds(p.late), "ms")
}
