package door

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// unmatched stands for the route of requests no route took, so that strangers' paths make no new series.
const unmatched = "unmatched"

type meters struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	panics   prometheus.Counter
	fast     prometheus.Counter
	limited  *prometheus.CounterVec
}

// newMeters makes the meters; alone reports whether rate limits are counted in this process alone.
func newMeters(r prometheus.Registerer, alone func() bool) *meters {
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_http_requests_total", Help: "Requests answered, by method, route pattern and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "toancanh_http_request_seconds", Help: "Time from a request's body to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"method", "route"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_http_panics_total", Help: "Handlers that panicked; each is a defect.",
		}),
		fast: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_http_prepared_total", Help: "Public pages served from prepared bytes before routing.",
		}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_http_limited_total", Help: "Requests refused because somebody was too fast, by class.",
		}, []string{"class"}),
	}
	if r != nil {
		r.MustRegister(m.requests, m.seconds, m.panics, m.fast, m.limited, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "toancanh_limits_alone", Help: "1 while rate limits are counted in this process alone: without Redis, or while it does not answer.",
		}, func() float64 {
			if alone() {
				return 1
			}
			return 0
		}))
	}
	return m
}

func (m *meters) count(method, route string, status int, elapsed time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if elapsed > 0 {
		m.seconds.WithLabelValues(method, route).Observe(elapsed.Seconds())
	}
}
