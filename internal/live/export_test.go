package live

// CatchUp is one poll of the log, the tick-th.
func (g *Gateway) CatchUp(tick int) { g.catchUp(g.serving, tick) }
