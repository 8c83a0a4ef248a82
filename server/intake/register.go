package intake

import (
	"cmp"
	"context"

	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// RegisterSensors is RegisterSensorsAs for somebody who may register every sensor.
func (in *Intake) RegisterSensors(ctx context.Context, list []sensor.Sensor) error {
	return in.RegisterSensorsAs(ctx, list, func(sensor.Sensor) error { return nil })
}

// RegisterSensorsAs keeps sensors after placing each in its commune. All faults are told, by index; may says of a sensor
// so placed why the sender may not register it.
func (in *Intake) RegisterSensorsAs(ctx context.Context, list []sensor.Sensor, may func(sensor.Sensor) error) error {
	clean, err := in.CheckSensors(ctx, list, may)
	if err != nil {
		return err
	}
	return in.keepSensors(func() error { return in.Store.RegisterSensors(ctx, clean) })
}

// ImportSensors keeps sensors that people brought in a table and CheckSensors let pass.
func (in *Intake) ImportSensors(ctx context.Context, clean []sensor.Sensor) error {
	return in.keepSensors(func() error { return in.Store.ImportSensors(ctx, clean) })
}

// ProposeSensors keeps sensors that wait for approval, and answers how each of them stands now.
func (in *Intake) ProposeSensors(ctx context.Context, list []sensor.Sensor, by string, may func(sensor.Sensor) error) (standing map[string]sensor.Standing, err error) {
	clean, err := in.CheckSensors(ctx, list, may)
	if err != nil {
		return nil, err
	}
	err = in.keepSensors(func() (err error) {
		standing, err = in.Store.ProposeSensors(ctx, clean, by, in.Now())
		return err
	})
	return standing, err
}

// DecideSensors approves or refuses proposed sensors, and answers which were still waiting.
func (in *Intake) DecideSensors(ctx context.Context, d store.SensorDecision) (decided []string, err error) {
	d.At = in.Now()
	err = in.keepSensors(func() (err error) { decided, err = in.Store.DecideSensors(ctx, d); return err })
	return decided, err
}

// SensorChange is what somebody makes of a sensor they saw at a version; Fields names what they changed.
type SensorChange struct {
	To      sensor.Sensor
	Version int64
	Fields  []string
}

// ChangeSensor keeps a changed sensor after placing it anew; may says why it may not stand there.
func (in *Intake) ChangeSensor(ctx context.Context, c SensorChange, may func(sensor.Sensor) error) error {
	clean, err := c.To.Checked()
	if err != nil {
		return err
	}
	if clean, err = in.placed(clean, clean.Origin); err != nil {
		return err
	}
	if err := may(clean); err != nil {
		return err
	}
	return in.keepSensors(func() error { return in.Store.ChangeSensor(ctx, clean, c.Version, c.Fields) })
}

// CheckSensors cleans sensors and places each in its commune. All faults are told, by index; may says of a sensor so
// placed why the sender may not register it.
func (in *Intake) CheckSensors(ctx context.Context, list []sensor.Sensor, may func(sensor.Sensor) error) ([]sensor.Sensor, error) {
	known, err := in.Store.Sensors(ctx)
	if err != nil {
		return nil, err
	}
	clean := make([]sensor.Sensor, len(list))
	var faults []error
	for i, s := range list {
		c, err := s.Clean()
		if err == nil {
			c, err = in.placed(c, cmp.Or(c.Origin, string(in.Origin)))
		}
		if err != nil {
			faults = append(faults, fault.At(i, err))
			continue
		}
		refused := may(c)
		if before, ok := known[c.Code]; ok && refused == nil {
			refused = may(before.Sensor) // nobody takes over another's sensor by giving it a new place
		}
		faults = append(faults, fault.At(i, refused))
		clean[i] = c
	}
	return clean, fault.Join(faults...)
}

func (in *Intake) placed(s sensor.Sensor, origin string) (sensor.Sensor, error) {
	at, err := in.place(report.Point{Lat: s.Lat, Lon: s.Lon})
	if err != nil {
		return s, err
	}
	s.Division, s.Area, s.Path, s.Origin = at.Division, at.Area, at.Path, origin
	return s, nil
}

// keepSensors writes sensors and forgets what is remembered of them.
func (in *Intake) keepSensors(write func() error) error {
	if err := write(); err != nil {
		return err
	}
	in.sensors.forget()
	return nil
}
