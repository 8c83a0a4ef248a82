package simulation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"toancanh/cmd/toancanh/client"
)

const registerPause = 2 * time.Second

// errNoSensor says that the server refuses every sensor.
var errNoSensor = errors.New("the server took none of the sensors")

// register tells the server of the gateways and the sensors, for as long as it takes. A sensor
// whose definition the server refuses is left out; the others play.
func (p *province) register(ctx context.Context) error {
	link := p.newLink("sensors")
	for {
		err := p.registerGateways(ctx)
		if err == nil {
			err = p.client.PutSensors(ctx, definitions(p.Sensors))
		}
		if invalid(err) {
			err = p.registerEach(ctx)
		}
		if final(err) || errors.Is(err, errNoSensor) {
			return err
		}
		if link.seen(ctx, err) == nil {
			return nil
		}
		if !wait(ctx, registerPause) {
			return context.Cause(ctx)
		}
	}
}

// registerEach finds out which sensors are refused.
func (p *province) registerEach(ctx context.Context) error {
	var taken []Sensor
	for _, sensor := range p.Sensors {
		err := p.client.PutSensors(ctx, definitions([]Sensor{sensor}))
		if invalid(err) && sensor.Owner != "" { // a house that has other units than the sample
			sensor.Owner = ""
			err = p.client.PutSensors(ctx, definitions([]Sensor{sensor}))
		}
		switch {
		case invalid(err):
			p.Log.WarnContext(ctx, "server refuses a sensor, it is left out",
				slog.String("sensor_id", sensor.Code), slog.Any("err", err))
		case err != nil:
			return err
		default:
			taken = append(taken, sensor)
		}
	}
	if len(taken) == 0 {
		return errNoSensor
	}
	p.Sensors = taken
	return nil
}

func definitions(sensors []Sensor) []client.Sensor {
	list := make([]client.Sensor, len(sensors))
	for i, sensor := range sensors {
		list[i] = sensor.Sensor
	}
	return list
}

func invalid(err error) bool {
	var problem *client.Problem
	return errors.As(err, &problem) &&
		(problem.Status == http.StatusBadRequest || problem.Status == http.StatusUnprocessableEntity)
}
