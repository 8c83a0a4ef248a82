package access

import (
	"strings"

	"toancanh/schema"
)

// Action is something somebody does. Every route of the API and every topic of the live feed is one.
type Action string

// The actions that are not acts on reports.
const (
	SeePublic    Action = "public.see"    // public pages, areas, categories, units, health, the API's description
	SendReport   Action = "report.send"   // send a report
	FollowReport Action = "report.follow" // look at a report by its code; with the secret of its receipt, act as its sender
	Subscribe    Action = "public.push"   // a browser wants to hear of public facts, or no more
	OpenSession  Action = "session.open"  // sign in, take an invitation, ask who one is, sign out
	OwnSession   Action = "session.own"   // list and end one's sessions, change one's password, enrol a second factor

	SendPhoto      Action = "photo.send"  // hand in a photo: as the sender with the receipt's secret; as anybody else the handler asks for the act
	SendVisitPhoto Action = "photo.visit" // a photo of a visit on site

	ListReports    Action = "report.list"
	ReadReport     Action = "report.read"
	EnterReport    Action = "report.enter" // write down what somebody called, wrote or told
	ReadKPIs       Action = "kpi.read"
	ReadSensors    Action = "sensor.read"
	ManageSensors  Action = "sensor.manage" // change, import, approve and retire sensors
	ReadGateways   Action = "gateway.read"
	ReadPast       Action = "past.read"
	ReadBoundaries Action = "boundary.read"
	DecidePlaces   Action = "boundary.decide" // new places of reports after an import of boundaries

	ReadAssignments   Action = "assignment.read"
	ChangeAssignments Action = "assignment.change"
	ReadBounces       Action = "bounce.read"
	SignTransfer      Action = "transfer.sign"
	ReadTeams         Action = "team.read"
	ManageTeams       Action = "team.manage"

	ReadDTI  Action = "dti.read"  // values of the digital transformation index with who entered them
	EnterDTI Action = "dti.enter" // enter and withdraw them

	ListIncidents Action = "incident.list"
	ReadIncident  Action = "incident.read"
	RunIncidents  Action = "incident.run"      // propose, accept and dismiss; write the log, give tasks, keep files
	LeadIncidents Action = "incident.lead"     // name who commands, tell reporters, close and open again; the commander may too
	TakeEvidence  Action = "incident.evidence" // the whole of an incident in one signed file
	ListTasks     Action = "task.list"
	AnswerTasks   Action = "task.answer" // say that a task was seen, and done

	GetTicket    Action = "ticket.get"
	AskScreen    Action = "screen.ask" // a browser asks whose screen it is
	ReadScreen   Action = "screen.read"
	ReportScreen Action = "screen.report" // what a screen says of itself: beats, what it shows
	OrderScreen  Action = "screen.order"
	ManageScreen Action = "screen.manage"
	HoldMeeting  Action = "meeting.hold"
	PlayStorm    Action = "simulation.play"
	ManageDesks  Action = "desk.manage" // pair and end desks

	ReadHandovers Action = "handover.read"
	HandOver      Action = "handover.sign" // hand a shift over, or take it

	ReadDrills Action = "drill.read"
	HoldDrill  Action = "drill.hold" // plan and end exercises

	ReadNotes       Action = "note.read"
	WriteNotes      Action = "note.write"
	ShowPresence    Action = "presence.show" // tell colleagues that one has a report before oneself
	ReadTemplates   Action = "template.read"
	ManageTemplates Action = "template.manage"
	PreviewText     Action = "text.preview" // hear what of a text the public would read
	OwnViews        Action = "view.own"     // keep filters of the queue
	ShareViews      Action = "view.share"

	ReadWarnings    Action = "warning.read"
	WriteWarnings   Action = "warning.write"
	ApproveWarnings Action = "warning.approve" // as the second person
	PublishWarnings Action = "warning.publish"
	ImportWarnings  Action = "warning.import" // bring in a message of somebody else

	SendReadings    Action = "reading.send"
	SendEvents      Action = "event.send" // which of them, the handler asks
	RegisterSensors Action = "sensor.register"
	ProposeSensors  Action = "sensor.propose"  // register sensors that wait for approval
	MaintainSensors Action = "sensor.maintain" // set times of maintenance
	ManageGateways  Action = "gateway.manage"
	LoadHistory     Action = "history.load"
	AskAsHub        Action = "hub.ask"

	ListAlarms       Action = "alarm.list"
	ReadAlarm        Action = "alarm.read"
	AckAlarm         Action = "alarm.ack" // take an alarm, still its horn, write beside it
	ShelveAlarm      Action = "alarm.shelve"
	SuppressAlarm    Action = "alarm.suppress"
	ServiceAlarm     Action = "alarm.service" // take an alarm out of service and back
	ReadAlarmTypes   Action = "alarm.type.read"
	ChangeAlarmTypes Action = "alarm.type.change"
	ReadAlarmHealth  Action = "alarm.health"

	ListPeople   Action = "person.list"
	ChangePeople Action = "person.change"
	ChangeUnits  Action = "unit.change"
	ManageKeys   Action = "key.manage"
	ManageHooks  Action = "hook.manage" // tell other systems of changes
	ReadRights   Action = "rights.read"
	ReadAudit    Action = "audit.read"

	ReadDuty    Action = "duty.read"   // who is on duty and when
	ChangeDuty  Action = "duty.change" // the roster and the ladder
	OwnWays     Action = "duty.own"    // how one is reached oneself
	TestContact Action = "duty.test"   // ask everybody on duty whether they can be reached
	ReadCalls   Action = "callout.read"
	TellArrived Action = "callout.arrived" // a device or the gateway says what became of a call

	RevealContact Action = "contact.reveal"
	CallBack      Action = "contact.callback" // one of the two keys of an emergency call-back
	ListReveals   Action = "contact.log"

	ListenPublic  Action = "listen.public"
	ListenWall    Action = "listen.wall"
	ListenOps     Action = "listen.ops"
	ListenUnit    Action = "listen.unit"
	ListenScreen  Action = "listen.screen"
	ListenControl Action = "listen.control"
)

const actPrefix = "act."

// ActOn is the action of an act on a report, by the act's name.
func ActOn(act string) Action { return Action(actPrefix + act) }

// IsAct reports whether the action is an act on a report.
func (a Action) IsAct() bool { return strings.HasPrefix(string(a), actPrefix) }

// Listen is the action and the object of listening to a topic; ok is false for a name that is no topic. Units and screens
// are objects of their own, areas are places.
func Listen(topic string) (a Action, o Object, ok bool) {
	if topic == schema.ControlTopic {
		return ListenControl, Object{Owner: topic}, true
	}
	t, err := schema.ParseTopic(topic)
	if err != nil {
		return "", Object{}, false
	}
	switch t.Audience {
	case schema.Public:
		return ListenPublic, Object{Place: Place{t.Division, t.Path}}, true
	case schema.Wall:
		return ListenWall, Object{Place: Place{t.Division, t.Path}}, true
	case schema.Ops:
		return ListenOps, Object{Place: Place{t.Division, t.Path}}, true
	case schema.Unit:
		return ListenUnit, Object{Unit: t.Area()}, true
	case schema.Screen:
		return ListenScreen, Object{Owner: "screen:" + t.Area()}, true
	}
	return "", Object{}, false
}
