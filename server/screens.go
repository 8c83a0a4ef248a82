package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// countLimit bounds the question behind a reading of the gauges: a database that is away must not hold up the rest.
const countLimit = time.Second

// screenCounts are gauges of the screens, asked of the database whenever somebody reads them: any process may have
// taken a screen's beat. While the database is away they are absent.
type screenCounts struct{ server *Server }

//nolint:gochecknoglobals // descriptions
var (
	screensKnown = prometheus.NewDesc("toancanh_screens_known",
		"Screens that are set up or whose page was heard within a day.", nil, nil)
	screensConnected = prometheus.NewDesc("toancanh_screens_connected",
		"Screens whose page was heard within 25 s.", nil, nil)
	screensPaired = prometheus.NewDesc("toancanh_screens_paired",
		"Screens that are paired with a browser.", nil, nil)
)

// Describe names the gauges.
func (screenCounts) Describe(out chan<- *prometheus.Desc) {
	out <- screensKnown
	out <- screensConnected
	out <- screensPaired
}

// Collect counts.
func (c screenCounts) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), countLimit)
	defer cancel()
	list, now, err := c.server.store.Screens(ctx, c.server.intake.Ground())
	if err != nil {
		return
	}
	connected, paired := 0, 0
	for _, one := range list {
		if one.Pairing != nil && one.Pairing.EndedAt == nil {
			paired++
		}
		if one.Beat.Connected(now) {
			connected++
		}
	}
	out <- prometheus.MustNewConstMetric(screensKnown, prometheus.GaugeValue, float64(len(list)))
	out <- prometheus.MustNewConstMetric(screensConnected, prometheus.GaugeValue, float64(connected))
	out <- prometheus.MustNewConstMetric(screensPaired, prometheus.GaugeValue, float64(paired))
}
