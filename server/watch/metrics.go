package watch

import "github.com/prometheus/client_golang/prometheus"

type counters struct {
	corrected prometheus.Counter     // areas whose numbers differed from SQL and were counted again
	reread    prometheus.Counter     // sensors whose windows differed from SQL and were read again
	dropped   prometheus.Counter     // contacts forgotten after their time
	failures  *prometheus.CounterVec // jobs that failed and will be tried again, by job
}

func newCounters(reg prometheus.Registerer) counters {
	c := counters{
		corrected: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_watch_corrected_total", Help: "Areas whose counters differed from SQL and were counted again.",
		}),
		reread: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_watch_reread_total", Help: "Sensors whose windows differed from SQL and were read again.",
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_contacts_dropped_total", Help: "Sealed contacts forgotten, 12 months after their reports were closed.",
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_watch_failures_total", Help: "Watch jobs that failed and are tried again, by job.",
		}, []string{"job"}),
	}
	if reg != nil {
		reg.MustRegister(c.corrected, c.reread, c.dropped, c.failures)
	}
	return c
}
