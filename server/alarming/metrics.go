package alarming

import "github.com/prometheus/client_golang/prometheus"

type counters struct {
	judged     prometheus.Counter     // readings
	changes    *prometheus.CounterVec // of alarms, by what happened
	missed     prometheus.Counter     // sensors whose readings were read from the store
	overflowed prometheus.Counter     // batches there was no room for; they are read from the store
	begun      prometheus.Counter     // times that everything was read anew after a fault
	sensors    prometheus.Gauge       // that at least one rule applies to
	behind     prometheus.Gauge       // readings handed over and not yet judged, at the last look
}

func newCounters(reg prometheus.Registerer) counters {
	c := counters{
		judged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_alarms_judged_total", Help: "Readings judged by the rules of alarms.",
		}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_alarms_changes_total", Help: "What happened to alarms by itself, by kind.",
		}, []string{"kind"}),
		missed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_alarms_missed_total", Help: "Times that a sensor's readings were read from the store, since they were not handed over in order.",
		}),
		overflowed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_alarms_overflowed_total", Help: "Batches of readings there was no room for in memory; they are read from the store.",
		}),
		begun: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "toancanh_alarms_begun_total", Help: "Times that judging began anew from what is kept, after a fault.",
		}),
		sensors: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "toancanh_alarms_sensors", Help: "Sensors that at least one enabled type of alarms judges the readings of; 0 where another process leads.",
		}),
		behind: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "toancanh_alarms_behind", Help: "Readings handed over to be judged at the last step.",
		}),
	}
	if reg != nil {
		reg.MustRegister(c.judged, c.changes, c.missed, c.overflowed, c.begun, c.sensors, c.behind)
	}
	return c
}
