package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/live"
)

// nodeBus joins the nodes: this process alone, or all that use one Redis.
type nodeBus interface {
	zikr.Bus
	Attach(rec zikr.Receiver)
}

// openBus joins the other nodes, if there may be any.
func (s *server) openBus(ctx context.Context) error {
	if s.cfg.RedisURL == "" {
		s.bus, s.presence = bus.NewLocal(), bus.NewLocalPresence()
		return nil
	}
	node := rand.Text()[:8] // for the operator only; a new one at each start
	redis, err := bus.OpenRedis(ctx, bus.Options{
		URL: string(s.cfg.RedisURL), Prefix: s.cfg.RedisPrefix, NodeID: node, Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("ZIKR_REDIS_URL: %w", err)
	}
	s.bus, s.presence, s.redis = redis, redis.Presence(), redis
	s.undo = append(s.undo, redis.Close)
	s.measureRedis()
	return nil
}

// closeBus leaves the other nodes, when nothing more is published.
func (s *server) closeBus() {
	if s.redis != nil {
		s.redis.Close()
	}
}

// joinNodes tells the gateway of the other nodes.
func (s *server) joinNodes(cfg live.Config) live.Config {
	if s.redis != nil {
		cfg.Groups, cfg.BusHealthy = s.redis, s.redis.Healthy
	}
	return cfg
}

// degraded reports whether the node does without Redis at the moment: it serves all the same, but events of other nodes
// come a second late, and who is online there is not known.
func (s *server) degraded() bool {
	return s.redis != nil && (!s.redis.Healthy() || !s.redis.Presence().Shared())
}

// measureRedis adds what the bus counts.
func (s *server) measureRedis() {
	m := s.metrics
	m.gauge("zikr_bus_healthy", "1 while Redis brings what other nodes publish, else 0: groups' events are then read from the log.",
		func() float64 { return truth(s.redis.Healthy()) })
	m.gauge("zikr_presence_shared", "1 while Redis keeps who is online here, else 0: each node then knows its own connections only.",
		func() float64 { return truth(s.redis.Presence().Shared()) })
	m.gauge("zikr_bus_waiting", "Publications that are not sent yet.", func() float64 { return float64(s.redis.Stats().Waiting) })
	m.gauge("zikr_bus_lag_seconds", "How long the oldest publication has waited that Redis has not confirmed.",
		func() float64 { return s.redis.Stats().Lag.Seconds() })
	m.counter("zikr_bus_dropped_total", "Publications that were given up; other nodes read the log.",
		func() float64 { return float64(s.redis.Stats().Dropped) })
	m.counter("zikr_bus_connects_total", "Times that the subscription to Redis was made: 1 (on a cluster 64), and one for each time that it was lost.",
		func() float64 { return float64(s.redis.Stats().Connects) })
}

// truth is 1 for true.
func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
