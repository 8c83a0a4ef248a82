package server

import (
	"fmt"
	"time"

	"toancanh/server/mqtt"
)

// broker are the settings of the broker that gateways publish on.
func (c Config) broker() mqtt.Settings {
	return mqtt.Settings{
		URL: c.MQTTURL, Version: c.MQTTVersion, PasswordFile: c.MQTTPassword, CAFile: c.MQTTCA, Client: c.MQTTClient,
		Topics: c.MQTTTopics, Refused: c.MQTTRefused,
	}
}

// openBridges makes the bridge to the broker where there is one.
func (s *Server) openBridges() ([]leader, error) {
	if s.options.MQTTURL == "" {
		return nil, nil
	}
	b, err := mqtt.New(mqtt.Config{Settings: s.options.broker(), Intake: s.intake, Now: time.Now, Log: s.log, Metrics: s.metrics})
	if err != nil {
		return nil, fmt.Errorf("read the broker of gateways: %w", err)
	}
	return []leader{b}, nil
}
