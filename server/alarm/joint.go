package alarm

import "time"

// Joints judges joined rules: all parts held within Over in one area. A part holds in an area from when it is raised of
// any sensor in it until Over after it returned of the last one. One goroutine at a time may use it.
type Joints struct{}

// NewJoints makes a judge by those of the types that are enabled and joints. areaOf finds the area of a level
// (commune, district, province) that a sensor stands in; empty when there is none.
func NewJoints(types []Type, areaOf func(sensor, level string) string) *Joints { return &Joints{} }

// Take takes the change of a part and appends what changed.
func (j *Joints) Take(c Change, out []Change) []Change { return out }

// Pass appends what changed by time alone, up to to: the time of the newest reading judged plus what passed since it was
// heard (see Clock).
func (j *Joints) Pass(to time.Time, out []Change) []Change { return out }

// Due is when Pass next has something to do.
func (j *Joints) Due() (time.Time, bool) { return time.Time{}, false }

// Save is all that Joints knows.
func (j *Joints) Save() ([]byte, error) { return nil, nil }

// Resume takes up what was saved. What belongs to types that changed since is forgotten, but for what is raised.
func (j *Joints) Resume(saved []byte) error { return nil }
