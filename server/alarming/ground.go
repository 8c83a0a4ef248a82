package alarming

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"toancanh/server/alarm"
	"toancanh/server/gateway"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// refresh looks whether types, sensors, gateways or windows changed, and goes on by what is so now.
func (r *round) refresh(ctx context.Context, now time.Time) error {
	ground, err := r.Store.AlarmGround(ctx)
	if err != nil || ground == r.ground {
		return err
	}
	before, sensors := r.enabled(alarm.ByJoint), r.byCode
	if err := r.readGround(ctx); err != nil {
		return err
	}
	r.ground = ground
	if len(r.strangers) > 1000 { // of other divisions, or none
		clear(r.strangers)
	}
	for id := range r.sensors {
		delete(r.strangers, id)
	}
	if after := r.enabled(alarm.ByJoint); !reflect.DeepEqual(before, after) {
		saved, err := r.joints.Save()
		if err != nil {
			return err
		}
		if err := r.judgeJointly(saved); err != nil {
			return err
		}
		r.pending.joints = true
	}
	for code := range sensors {
		if _, ok := r.byCode[code]; !ok {
			r.joints.Forget(code, now)
			r.pending.joints = true
		}
	}
	r.later("", r.silence.Judge(r.enabled(alarm.ByAbsence), now, nil))
	r.later("", r.silence.Watch(r.things(), r.stillness(), now, nil))
	r.endOrphans(now)
	return nil
}

// judgeJointly makes the judge of joined rules by the types in force.
func (r *round) judgeJointly(saved []byte) error {
	r.joints = alarm.NewJoints(r.enabled(alarm.ByJoint), r.jointArea)
	if len(saved) == 0 {
		return nil
	}
	return r.joints.Resume(saved)
}

// readGround reads what is judged, by what, and when not.
func (r *round) readGround(ctx context.Context) error {
	types, err := r.Store.AlarmTypes(ctx)
	if err != nil {
		return err
	}
	sensors, err := r.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	if r.gateways, err = r.Store.Gateways(ctx); err != nil {
		return err
	}
	was := r.types
	r.types = make(map[string]alarm.Type, len(types))
	for _, t := range types {
		r.types[t.Code] = t.Type
	}
	return r.seat(sensors, !reflect.DeepEqual(was, r.types))
}

// seat gives every sensor in service its judge: the one it had, or a new one that goes on where that one was when the sensor
// or the types are others now.
func (r *round) seat(sensors map[string]store.Sensor, anew bool) error {
	here := make(map[int32]*watched, len(sensors))
	byCode := make(map[string]*watched, len(sensors))
	types := r.enabled()
	for code, s := range sensors {
		if s.Division != r.Division || s.Standing == sensor.Proposed || s.Standing == sensor.Retired {
			continue
		}
		x, known := r.sensors[s.ID]
		switch {
		case !known:
			x = &watched{Sensor: s}
			x.judge = alarm.NewJudge(&x.Sensor.Sensor, types)
		case anew || !reflect.DeepEqual(x.Sensor.Sensor, s.Sensor):
			saved, err := x.judge.Save()
			if err != nil {
				return err
			}
			x.Sensor, x.dirty = s, true
			x.judge = alarm.NewJudge(&x.Sensor.Sensor, types)
			if err := x.judge.Resume(saved); err != nil {
				return err
			}
		}
		here[s.ID], byCode[code] = x, x
	}
	r.sensors, r.byCode = here, byCode
	judged := 0
	for _, x := range here {
		if !x.judge.Idle() {
			judged++
		}
	}
	r.counts.sensors.Set(float64(judged))
	return nil
}

// things are the sensors and gateways that should be heard.
func (r *round) things() []alarm.Thing {
	things := make([]alarm.Thing, 0, len(r.sensors)+len(r.gateways))
	for _, code := range slices.Sorted(maps.Keys(r.byCode)) {
		x := r.byCode[code]
		things = append(things, alarm.Thing{
			Code: code, Source: alarm.FromSensor, Kind: x.Kind, Area: x.Area, Path: x.Path, Gateway: x.Gateway, Limit: x.SilenceLimit(),
		})
	}
	for _, code := range slices.Sorted(maps.Keys(r.gateways)) {
		g := r.gateways[code]
		if g.Division == r.Division && g.Standing == gateway.Active {
			things = append(things, alarm.Thing{
				Code: code, Source: alarm.FromGateway, Kind: g.Kind, Area: g.Area, Path: g.Path, Gateway: g.Parent, Limit: g.StaleAfter,
			})
		}
	}
	return things
}

// stillness are the windows of maintenance.
func (r *round) stillness() []alarm.Window {
	windows := make([]alarm.Window, len(r.windows))
	for i, w := range r.windows {
		windows[i] = alarm.Window{Source: alarm.FromSensor, Code: w.Sensor, From: w.From, Until: w.Until}
		if w.Gateway != "" {
			windows[i].Source, windows[i].Code = alarm.FromGateway, w.Gateway
		}
	}
	return windows
}

// readWindows reads what is worked on now. What is asked for by alarms of it steps aside when that begins.
func (r *round) readWindows(ctx context.Context, now time.Time) error {
	windows, err := r.Store.Maintenance(ctx, now)
	if err != nil || reflect.DeepEqual(windows, r.windows) {
		return err
	}
	r.windows = windows
	r.later("", r.silence.Watch(r.things(), r.stillness(), now, nil))
	for id, a := range r.board.Open() {
		if _, ok := r.silence.Maintained(a.Source, a.Target, now); ok && a.Aside == "" {
			r.pending.quiet = append(r.pending.quiet, id)
		}
	}
	return nil
}

// target is what a change is about; false for what is no more.
func (r *round) target(c alarm.Change) (alarm.Target, bool) {
	switch c.Source {
	case alarm.FromSensor:
		x, ok := r.byCode[c.Target]
		if !ok {
			return alarm.Target{}, false
		}
		return alarm.Target{
			Source: c.Source, Code: x.Code, Name: x.Name, Kind: x.Kind, Unit: x.Unit, Origin: x.Origin, Division: x.Division, Area: x.Area,
			Path: x.Path, Lat: x.Lat, Lon: x.Lon,
		}, true
	case alarm.FromGateway:
		g, ok := r.gateways[c.Target]
		return alarm.Target{
			Source: c.Source, Code: g.Code, Name: g.Name, Kind: g.Kind, Origin: g.Origin, Division: g.Division, Area: g.Area, Path: g.Path,
			Lat: g.Lat, Lon: g.Lon,
		}, ok
	case alarm.FromArea:
		return r.areaTarget(c.Target)
	case alarm.FromReport:
		late, ok := r.late[c.Target]
		return alarm.Target{
			Source: c.Source, Code: late.ID, Name: late.Code, Origin: late.Origin, Division: late.Division, Area: late.Area,
			Path: late.Path, Lat: late.Lat, Lon: late.Lon,
		}, ok
	}
	return alarm.Target{}, false
}

// endOrphans returns the alarms that nothing judges any more: their type is disabled, or asks no more for what they are about.
func (r *round) endOrphans(now time.Time) {
	for _, a := range r.board.Open() {
		if a.Active() && !r.judged(a) {
			r.later(a.Origin, []alarm.Change{{Type: a.Type, Source: a.Source, Target: a.Target, Kind: alarm.Returned, At: now}})
		}
	}
}

func (r *round) judged(a store.Alarm) bool {
	t, ok := r.types[a.Type]
	if !ok || !t.Enabled {
		return false
	}
	if a.Source != alarm.FromSensor || t.Condition.Class == alarm.ByAbsence {
		return true // silence and joined rules return by themselves what they judge no more
	}
	x, ok := r.byCode[a.Target]
	return ok && alarm.Applies(t.Condition, &x.Sensor.Sensor)
}
