package simulation_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"toancanh/cmd/toancanh/simulation"
)

func TestSensorsSpeakThroughGatewaysThatTheServerWasToldOf(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(t)
	cfg := config(t, api)
	synctest.Test(t, func(t *testing.T) {
		play(t, api, cfg, func(*simulation.Simulation) { time.Sleep(time.Second) })
		through := 0
		for _, sensor := range api.sensors {
			if sensor.Gateway == "" {
				continue
			}
			through++
			if !slices.Contains(api.gateways, sensor.Gateway) {
				t.Errorf("%s speaks through %s, which nobody registered", sensor.Code, sensor.Gateway)
			}
		}
		if through == 0 {
			t.Error("no sensor of the sample speaks through a gateway")
		}
	})
}
