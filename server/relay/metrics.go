package relay

import "github.com/prometheus/client_golang/prometheus"

type counters struct {
	stamped prometheus.Counter
	lost    *prometheus.CounterVec // batches not delivered to the bus, by reason; the pulse repairs each
}

func newCounters(reg prometheus.Registerer) counters {
	c := counters{
		stamped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_relay_stamped_total", Help: "Events numbered, one per topic.",
		}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_relay_batches_lost_total", Help: "Batches that did not reach the bus, by reason.",
		}, []string{"reason"}),
	}
	if reg != nil {
		reg.MustRegister(c.stamped, c.lost)
	}
	return c
}
