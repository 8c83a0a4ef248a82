package simulation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"toancanh/cmd/toancanh/client"
)

// link follows whether the server answers one part of the simulation, so that
// an outage is logged when it begins and when it ends, not with every request.
// It belongs to one goroutine.
type link struct {
	part string
	log  *slog.Logger
	now  func() time.Time
	lost time.Time // zero while the server answers
}

func (p *province) newLink(part string) *link {
	return &link{part: part, log: p.Log, now: p.Now}
}

// seen notes the outcome of a request and returns it.
func (l *link) seen(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
	case err == nil && !l.lost.IsZero():
		l.log.InfoContext(ctx, "server answers again", slog.String("part", l.part), slog.Duration("elapsed", l.now().Sub(l.lost)))
		l.lost = time.Time{}
	case err != nil && l.lost.IsZero():
		l.log.WarnContext(ctx, "server does not answer, the simulation goes on trying", slog.String("part", l.part), slog.Any("err", err))
		l.lost = l.now()
	}
	return err
}

// final reports whether no later try can succeed: the key is wrong or the
// server takes no simulation.
func final(err error) bool {
	var problem *client.Problem
	return errors.As(err, &problem) &&
		(problem.Status == http.StatusUnauthorized || problem.Status == http.StatusForbidden)
}

// moved reports whether a report changed before the act came: somebody else, a
// person at the console perhaps, was faster.
func moved(err error) bool {
	var problem *client.Problem
	return errors.As(err, &problem) &&
		(problem.Status == http.StatusConflict || problem.Status == http.StatusUnprocessableEntity ||
			problem.Status == http.StatusNotFound)
}
