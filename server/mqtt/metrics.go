package mqtt

import "github.com/prometheus/client_golang/prometheus"

type counters struct {
	messages  *prometheus.CounterVec
	connected prometheus.Gauge
}

func newCounters(reg prometheus.Registerer) counters {
	c := counters{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "toancanh_mqtt_messages_total", Help: "Messages of the broker that were acknowledged, by what became of them.",
		}, []string{"outcome"}),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "toancanh_mqtt_connected", Help: "1 while this process reads the broker.",
		}),
	}
	if reg != nil {
		reg.MustRegister(c.messages, c.connected)
	}
	return c
}
