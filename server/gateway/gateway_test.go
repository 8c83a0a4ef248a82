package gateway_test

import (
	"testing"
	"time"

	"toancanh/server/gateway"
)

func TestSilenceIsShownBeforeAllElse(t *testing.T) {
	t.Parallel()
	born := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	now := born.Add(time.Hour)
	tests := map[string]struct {
		seen  time.Time
		want  gateway.State
		since time.Time
	}{
		"never heard":          {time.Time{}, gateway.Silent, born},
		"heard just in time":   {now.Add(-5 * time.Minute), gateway.Garbage, born.Add(time.Minute)},
		"heard a bit too long": {now.Add(-5*time.Minute - time.Second), gateway.Silent, now.Add(-time.Second)},
		"heard in our future":  {now.Add(time.Minute), gateway.Garbage, born.Add(time.Minute)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := gateway.Gateway{
				StaleAfter: 5 * time.Minute, CreatedAt: born, SeenAt: tt.seen,
				State: gateway.Garbage, StateSince: born.Add(time.Minute),
			}
			got, since := g.Shown(now)
			if got != tt.want || !since.Equal(tt.since) {
				t.Errorf("Shown() = %s since %s, want %s since %s", got, since, tt.want, tt.since)
			}
		})
	}
}
