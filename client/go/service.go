package muster

import "context"

// Service is one service whose instances are looked for. Safe for concurrent use; cheap to make anew.
type Service struct {
	client *Client
	name   string
}

// Find returns the list as it is known now: from memory, else disk, else the registry. Only the first look at a service
// waits, at most ReadyTimeout and until the context ends; from then on the service is polled. That nobody answers is no
// error: State of the list says so.
func (s *Service) Find(ctx context.Context) (*List, error) {
	finder, err := s.client.finder(s.name, true)
	if err != nil {
		return nil, err
	}
	finder.wait(ctx, s.client.stopped.Done())
	return finder.list(), nil
}

// Pick returns the endpoint of the next call, in turn and by weight; ErrNoEndpoint when there is none.
func (s *Service) Pick(ctx context.Context, options ...PickOption) (*Endpoint, error) {
	list, err := s.Find(ctx)
	if err != nil {
		return nil, err
	}
	var how choice
	for _, option := range options {
		option(&how)
	}
	finder, err := s.client.finder(s.name, false)
	if err != nil {
		return nil, err
	}
	return finder.balancer.pick(list, how)
}

// Report says how a call of an endpoint ended. ok: it reached the endpoint in time, whatever the application said. Ids that are
// not listed are ignored.
func (s *Service) Report(id string, ok bool) {
	if finder, err := s.client.finder(s.name, false); err == nil {
		finder.balancer.report(finder.list(), id, ok)
	}
}

// Ejected are the ids that Pick leaves out now because their calls failed, sorted.
func (s *Service) Ejected() []string {
	finder, err := s.client.finder(s.name, false)
	if err != nil {
		return []string{}
	}
	return finder.balancer.ejected(finder.list())
}
