package graph

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// hold is the instant before which the service wants no request. The session keeps it between calls;
// this keeps it within a call of several requests that was under way when another call was told.
type hold struct {
	mu    sync.Mutex
	told  int // how often
	until time.Time
}

// tell takes over what a refusal said.
func (h *hold) tell(wait time.Duration) {
	if wait <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told++
	if until := time.Now().Add(wait); until.After(h.until) {
		h.until = until
	}
}

// left is how long a call has to wait that began when the hold had been told so often.
func (h *hold) left(began int) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if began == h.told {
		return 0 // whoever began it knew
	}
	return time.Until(h.until)
}

type beganKey struct{}

// begin marks the beginning of a call that makes several requests.
func (c *client) begin(ctx context.Context) context.Context {
	c.hold.mu.Lock()
	defer c.hold.mu.Unlock()
	return context.WithValue(ctx, beganKey{}, c.hold.told)
}

// held refuses the next request of a call that the service does not want yet.
func (c *client) held(ctx context.Context, op string) error {
	began, several := ctx.Value(beganKey{}).(int)
	if !several {
		return nil
	}
	left := c.hold.left(began)
	if left <= 0 {
		return nil
	}
	return c.server.typed(op, &connector.Error{Kind: connector.ErrThrottled, RetryAfter: left,
		Err: errors.New("the service asked to wait"), Remedy: "share one session among the tests"})
}
