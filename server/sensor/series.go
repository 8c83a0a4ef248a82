package sensor

import (
	"slices"
	"time"
)

// Step is how finely a series is drawn.
type Step struct {
	Name string
	Wide time.Duration // 0: every single reading
}

// Steps are the steps there are, the finest first. Each is a divisor of the next but for the first.
func Steps() []Step {
	return []Step{
		{"raw", 0}, {"5m", 5 * time.Minute}, {"15m", 15 * time.Minute}, {"1h", time.Hour}, {"6h", 6 * time.Hour}, {"day", 24 * time.Hour},
	}
}

// StepNamed finds a step by its name.
func StepNamed(name string) (Step, bool) {
	i := slices.IndexFunc(Steps(), func(s Step) bool { return s.Name == name })
	if i < 0 {
		return Step{}, false
	}
	return Steps()[i], true
}

// Coarser is the next coarser step; false when there is none.
func (s Step) Coarser() (Step, bool) {
	all := Steps()
	i := slices.Index(all, s)
	if i < 0 || i+1 == len(all) {
		return s, false
	}
	return all[i+1], true
}

// Begin is where the step that holds an instant begins: steps count from midnight of the zone.
func (s Step) Begin(at time.Time, zone *time.Location) time.Time {
	if s.Wide == 0 {
		return at
	}
	local := at.In(zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	return midnight.Add(local.Sub(midnight).Truncate(s.Wide))
}

// GapAfter is how far apart two points of a series may be before the line between them would be a lie: longer than the
// sensor may be silent, and than a step with no reading in it.
func (s *Sensor) GapAfter(step Step) time.Duration { return s.SilenceLimit() + step.Wide }
