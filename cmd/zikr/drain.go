package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The process must have ended 10 s after SIGTERM (contract section 1). These
// spans add up to less.
const (
	maxDrainDelay  = 2 * time.Second         // ZIKR_DRAIN_DELAY at most
	partingTimeout = 3 * time.Second         // for connections to be told and closed
	requestTimeout = 2 * time.Second         // for requests to be answered
	closingTimeout = 2500 * time.Millisecond // for what still writes after that, and to leave the other nodes
)

// shutdown ends the node in good order: it is no longer ready; every connection
// is told to reconnect and gets its last answers; requests under way are
// finished; what was confirmed is on disk already, and what waits for the store
// is done.
func (s *server) shutdown() error {
	s.draining.Store(true)
	s.stopClockwork()
	time.Sleep(s.cfg.DrainDelay) // for the load balancer to see it, while all is still served

	// The port stays open until the connections are closed: a client that polls
	// fetches its last words with a request of its own.
	parted := s.part()
	served := s.stopHTTP()
	// A client that does not read must not make a good end a bad one.
	if err := errors.Join(parted, served); err != nil {
		s.log.Warn("not everything was finished in time", "err", err)
	}
	return within(closingTimeout, s.closeRest)
}

// part tells every connection to reconnect, and closes it.
func (s *server) part() error {
	ctx, cancel := context.WithTimeout(context.Background(), partingTimeout)
	defer cancel()
	return errors.Join(s.gateway.Drain(ctx), s.sockets.Close(ctx))
}

// stopHTTP finishes the requests under way.
func (s *server) stopHTTP() error {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	s.stopPlain()
	err := s.http.Shutdown(ctx)
	if err != nil {
		_ = s.http.Close()
	}
	return err
}

// stopObserve ends /metrics last, so that the end can be seen.
func (s *server) stopObserve() {
	if s.observe != nil {
		_ = s.observe.Close()
	}
}

// closeRest ends what nobody can reach any more.
func (s *server) closeRest() error {
	s.gateway.Close()
	s.clockwork()
	s.closeCertificates()
	s.service.Close()
	s.tokens.Close()
	if err := s.store.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	s.closeBus()
	if s.closeTracer != nil {
		s.closeTracer()
	}
	s.stopObserve()
	s.log.Info("ended")
	return nil
}

// within gives up waiting for fn after a time; the end of the process ends it then.
func within(limit time.Duration, fn func() error) error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return fmt.Errorf("what runs in the background did not end within %s", limit)
	}
}
