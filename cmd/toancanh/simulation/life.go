package simulation

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/area"
	"toancanh/server/report"
)

// Parts of the reports to which something out of the ordinary happens.
const (
	refused    = 0.035
	asked      = 0.02
	answered   = 0.75 // of those asked
	bounced    = 0.04
	extended   = 0.02
	reopened   = 0.02
	thanked    = 0.4 // of those published, the sender says it is well
	lateIntake = 0.025
	lateResult = 0.038
	offHours   = 0.88 // of the work of units that work in office hours, done by those on duty
)

const (
	deskTime   = 6 * time.Hour       // see span
	shortest   = 6 * time.Second     // nobody acts before having read
	askLasts   = 72 * time.Hour      // then a report that waits for its sender is closed
	ratingTime = 15 * 24 * time.Hour // then a published one is complete
)

// step is the next thing that happens to a report, and when.
type step struct {
	act client.Act
	at  time.Time
}

// life decides what becomes of reports. Its decisions follow from the seed and
// the report's own key alone, so that they can be taken again at any time.
type life struct {
	*province
	pace float64 // at least 1; a report of the past has 1
}

// next is the next step of a report that stands as given; not ok when nothing
// more will happen to it by hand. key names the report in chance.
func (l life) next(r report.Report, key string) (step, bool) {
	switch r.Status {
	case report.Moi:
		return l.intake(r, key), true
	case report.CanBoSung:
		return l.supplement(r, key), true
	case report.DaTiepNhan, report.TraLai:
		return l.assign(r, key), true
	case report.DaPhanCong, report.MoLai:
		return l.begin(r, key), true
	case report.DangXuLy:
		return l.work(r, key), true
	case report.XinGiaHan:
		return l.step(key, report.ApproveExtension, l.later(r, key+" approve", 3*time.Hour)), true
	case report.DaXuLy:
		at := l.by(r, key+" publish", span{from: r.ChangedAt, due: r.Due.Publish, late: lateIntake, haste: 3})
		return l.step(key, report.Publish, at), true
	case report.CongKhai:
		return l.judge(r, key)
	default:
		return step{}, false
	}
}

func (l life) intake(r report.Report, key string) step {
	at := l.by(r, key+" intake", span{from: r.ReceivedAt, due: r.Due.Accept, late: lateIntake, haste: 4, most: deskTime})
	dice := chance(l.Seed, key+" intake choice")
	switch {
	case r.Emergency:
	case dice < refused:
		return l.step(key, report.Refuse, at)
	case dice < refused+asked && r.HasContact && r.Version == 1:
		return l.step(key, report.Ask, at)
	}
	return l.step(key, report.Accept, at)
}

// supplement is the sender's answer, or the end of the wait for it.
func (l life) supplement(r report.Report, key string) step {
	if chance(l.Seed, key+" answers") < answered {
		return l.step(key, report.Supplement, l.later(r, key+" supplement", 9*time.Hour))
	}
	s := l.step(key, report.Refuse, r.ChangedAt.Add(askLasts))
	s.act.Actor, s.act.Reason = "system", "Quá 72 giờ không nhận được thông tin bổ sung."
	return s
}

func (l life) assign(r report.Report, key string) step {
	at := l.by(r, key+" assign", span{from: r.ChangedAt, due: r.Due.Assign, late: lateIntake, haste: 4, most: deskTime})
	s := l.step(key, report.Assign, at)
	s.act.Unit = l.unit(r, key)
	return s
}

// unit is who is responsible: the unit of the category, or for matters of a
// street the district's own. After a return it is the other one.
func (l life) unit(r report.Report, key string) string {
	category, _ := l.Rules.Category(r.Category)
	district, ok := l.places.tree.Ancestor(l.places.division, r.Area, area.District)
	local := "ubnd-" + district
	if !ok || !slices.Contains(l.Units, local) {
		return category.Unit
	}
	byDistrict := chance(l.Seed, key+" unit") < districtPart(r.Category)
	if byDistrict != (r.Bounces%2 == 1) {
		return local
	}
	return category.Unit
}

func districtPart(category string) float64 {
	switch category {
	case "XD", "DT":
		return 0.7
	case "MT", "CS", "HC", "KH":
		return 0.5
	case "GT", "RG":
		return 0.25
	default:
		return 0
	}
}

// begin is a unit taking a report up, or sending it back.
func (l life) begin(r report.Report, key string) step {
	if r.Status == report.DaPhanCong && r.Bounces == 0 && chance(l.Seed, key+" bounce") < bounced {
		return l.step(key, report.Return, l.later(r, key+" return", 2*time.Hour))
	}
	result := l.work(r, key).at
	// Work is taken up somewhere on the way to its result.
	part := 0.1 + 0.4*chance(l.Seed, key+" begin")
	at := r.ChangedAt.Add(time.Duration(part * float64(max(result.Sub(r.ChangedAt), 0))))
	return l.step(key, report.Start, l.inOffice(r, key+" start", at))
}

func (l life) work(r report.Report, key string) step {
	from := r.ReceivedAt
	if r.AssignedAt != nil {
		from = *r.AssignedAt
	}
	name := key + " result"
	if r.Reopens > 0 && r.Due.Resolve != nil {
		// Due.Resolve began anew with the reopening.
		from, name = r.ChangedAt, name+" again"
	}
	fresh := r.Due.Original != nil && r.Due.Resolve != nil && r.Due.Resolve.Equal(*r.Due.Original)
	if r.Status == report.DangXuLy && fresh && r.Reopens == 0 && chance(l.Seed, key+" extend") < extended {
		at := r.ChangedAt.Add(time.Duration(0.7 * float64(max(r.Due.Resolve.Sub(r.ChangedAt), 0)) / l.pace))
		s := l.step(key, report.RequestExtension, l.inOffice(r, key+" request", at))
		s.act.Until = laterOf(s.at, *r.Due.Resolve).Add(48 * time.Hour)
		return s
	}
	at := l.by(r, name, span{from: from, due: r.Due.Resolve, late: lateResult, haste: 22})
	s := l.step(key, report.Resolve, l.inOffice(r, name, at))
	if r.Status == report.DangXuLy && s.at.Before(r.ChangedAt) {
		s.at = r.ChangedAt.Add(shortest)
	}
	return s
}

// judge is what the sender says of the result, or the end of the time to say it.
func (l life) judge(r report.Report, key string) (step, bool) {
	dice := chance(l.Seed, key+" judge")
	switch {
	case dice < reopened && r.Reopens == 0:
		return l.step(key, report.Reopen, l.later(r, key+" reopen", 30*time.Hour)), true
	case dice < reopened+thanked:
		s := l.step(key, report.Complete, l.later(r, key+" thanks", 40*time.Hour))
		s.act.Actor = "citizen"
		return s, true
	}
	s := l.step(key, report.Complete, r.ChangedAt.Add(ratingTime))
	s.act.Actor = "system"
	return s, true
}

// span is the time in which something should be done.
type span struct {
	from  time.Time
	due   *time.Time
	late  float64 // part that is done too late at pace 1
	haste float64 // the greater, the more is done early in the time
	// A control room is never closed: what it does itself takes some part of
	// at most this, however far off the deadline is; 0 is without bound.
	most time.Duration
}

// by is when something with a deadline is done. What is late is late in real
// time at every pace; a faster play is late more rarely, or delays would pile up.
func (l life) by(r report.Report, name string, s span) time.Time {
	if s.due == nil {
		return l.later(r, name, time.Hour)
	}
	width := max(s.due.Sub(s.from), time.Minute)
	roll := dice(l.Seed, name)
	if roll.Float64() < s.late/math.Sqrt(l.pace) {
		return s.due.Add(lateness(roll, width))
	}
	if s.most > 0 {
		width = min(width, s.most)
	}
	done := 0.012 + 0.9*math.Pow(roll.Float64(), s.haste)
	return s.from.Add(max(time.Duration(done*float64(width)/l.pace), shortest))
}

// lateness is how much too late something is: mostly little, seldom days.
func lateness(roll *rand.Rand, width time.Duration) time.Duration {
	most := float64(max(width, 2*time.Hour))
	return time.Minute + time.Duration(math.Min(3, 0.3*roll.ExpFloat64())*most)
}

// later is a moment some time after the report last changed.
func (l life) later(r report.Report, name string, mean time.Duration) time.Time {
	roll := dice(l.Seed, name)
	after := time.Duration(float64(mean) * (0.1 + min(roll.ExpFloat64(), 4)) / l.pace)
	return r.ChangedAt.Add(max(after, shortest))
}

// inOffice moves the deed of an office to its next opening, but never past a
// deadline that it would have met.
func (l life) inOffice(r report.Report, name string, at time.Time) time.Time {
	category, _ := l.Rules.Category(r.Category)
	onDuty := chance(l.Seed, name+" duty") < offHours
	if l.pace > 1 || category.Clock != report.WorkingTime || r.Emergency || onDuty {
		return at
	}
	calendar := l.Rules.Current().Calendar
	// The end of the next minute of work less that minute is at itself in
	// office hours, and the next opening outside of them.
	open := calendar.Add(at, report.Limit{Clock: report.WorkingTime, Time: time.Minute}).Add(-time.Minute)
	if !open.After(at) {
		return at
	}
	queue := 80 * time.Minute
	if due := r.Due.Resolve; due != nil && !at.After(*due) {
		queue = min(queue, max(due.Sub(open), 0))
	}
	return open.Add(time.Duration(chance(l.Seed, name+" queue") * float64(queue)))
}

// step fills in what an act has to say.
func (l life) step(key string, name report.ActName, at time.Time) step {
	act := client.Act{Act: string(name), Actor: actorOf(name)}
	roll := dice(l.Seed, key+" words "+string(name))
	act.Reason = l.phrases.say(roll, string(name)+".reason")
	act.Text = l.phrases.say(roll, string(name)+".text")
	return step{act: act, at: at}
}

// actorOf is the role that does an act.
func actorOf(name report.ActName) string {
	switch name {
	case report.Return, report.Start, report.Resolve, report.RequestExtension:
		return "unit"
	case report.ApproveExtension, report.DenyExtension, report.Publish:
		return "supervisor"
	case report.Supplement:
		return "citizen"
	default:
		return "operator"
	}
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
