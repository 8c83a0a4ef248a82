package hub

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what a hub does. Labels are fixed words, never a topic or a client.
type metrics struct {
	connections *prometheus.GaugeVec
	refused     *prometheus.CounterVec
	closes      *prometheus.CounterVec
	deliveries  prometheus.Counter
	batches     *prometheus.CounterVec
	resets      *prometheus.CounterVec
	resumes     *prometheus.CounterVec
	repairs     *prometheus.CounterVec
	snapshots   prometheus.Counter
	ringBytes   prometheus.Gauge
	topics      prometheus.Gauge
	lag         prometheus.Histogram
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &metrics{
		connections: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "toancanh_hub_connections", Help: "Open connections."}, []string{"kind"}),
		refused:     counter("toancanh_hub_refused_total", "Connections refused before they were open.", "reason"),
		closes:      counter("toancanh_hub_closes_total", "Connections closed by the hub.", "code"),
		deliveries:  prometheus.NewCounter(prometheus.CounterOpts{Name: "toancanh_hub_deliveries_total", Help: "Frames times clients."}),
		batches:     counter("toancanh_hub_bus_total", "What came from the bus: batches that were taken (ok), batches and events that were not.", "outcome"),
		resets:      counter("toancanh_hub_resets_total", "Times clients had to begin anew.", "reason"),
		resumes:     counter("toancanh_hub_resumes_total", "Topics clients came back to, by how they went on.", "outcome"),
		repairs:     counter("toancanh_hub_repairs_total", "Steps of filling gaps from the source.", "outcome"),
		snapshots:   prometheus.NewCounter(prometheus.CounterOpts{Name: "toancanh_hub_snapshots_total", Help: "Snapshots asked of the source."}),
		ringBytes:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "toancanh_hub_ring_bytes", Help: "Bytes of the events kept for those who come back."}),
		topics:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "toancanh_hub_topics", Help: "Open topics."}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "toancanh_hub_lag_seconds", Help: "From an event's arrival to its last write of a flush.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
	}
}

// register makes the metrics known to r, which may be nil.
func (m *metrics) register(r prometheus.Registerer) {
	if r == nil {
		return
	}
	r.MustRegister(m.connections, m.refused, m.closes, m.deliveries, m.batches, m.resets, m.resumes, m.repairs, m.snapshots, m.ringBytes, m.topics, m.lag)
}

func (m *metrics) closed(code int) { m.closes.WithLabelValues(strconv.Itoa(code)).Inc() }
