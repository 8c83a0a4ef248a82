package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/incident"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// incidents is what the store knows of incidents.
type incidents interface {
	Incident(ctx context.Context, id string) (incident.Incident, error)
	Incidents(ctx context.Context, f store.IncidentFilter) ([]incident.Incident, string, error)
	IncidentLog(ctx context.Context, id string) ([]incident.Entry, error)
	Tasks(ctx context.Context, incidentID string) ([]incident.Task, error)
	TaskOf(ctx context.Context, id string) (incident.Task, incident.Incident, error)
	ListTasks(ctx context.Context, f store.TaskFilter) ([]store.GivenTask, string, error)
	IncidentFiles(ctx context.Context, incidentID string) ([]store.IncidentFile, error)
	IncidentFile(ctx context.Context, id string) (store.IncidentFile, error)
	IncidentThings(ctx context.Context, refs []incident.Ref) ([]incident.Thing, []report.Report, error)
	IncidentCandidates(ctx context.Context, since time.Time) ([]incident.Thing, []incident.Known, error)
	IncidentAlarms(ctx context.Context, ids []string) ([]store.IncidentAlarm, error)
	DoIncident(ctx context.Context, d store.IncidentDeed) (incident.Done, store.Accepted, error)
	ReportsByID(ctx context.Context, ids []string) ([]report.Report, error)
	Commanders(ctx context.Context) ([]auth.Person, error)
	WarningsAround(ctx context.Context, i incident.Incident, from, to time.Time) ([]store.WarningAround, error)
	AlarmStories(ctx context.Context, ids []string) ([]store.AlarmStory, error)
	ReadingsAround(ctx context.Context, sensors []int32, from, to time.Time, most int) ([]store.ReadingAt, bool, error)
}

// incidentRoutes are the incidents and the tasks that units are given in them.
func (a *API) incidentRoutes(v1 guarded) {
	v1.Get("/incidents", a.within(answerLimit, a.listIncidents))
	v1.Post("/incidents", a.within(answerLimit, a.postIncident))
	v1.Get("/incidents/key", a.within(answerLimit, a.getEvidenceKey))
	v1.Get("/incidents/:id", a.within(answerLimit, a.getIncident))
	v1.Post("/incidents/:id/acts", a.within(answerLimit, a.postIncidentAct))
	v1.Post("/incidents/:id/tasks", a.within(answerLimit, a.postTask))
	v1.Post("/incidents/:id/attachments", a.within(photoLimit, a.postAttachment))
	v1.Get("/incidents/:id/attachments/:file", a.within(answerLimit, a.getAttachment))
	v1.Post("/incidents/:id/update-reporters", a.within(answerLimit, a.postUpdate))
	v1.Get("/incidents/:id/evidence.zip", a.within(evidenceLimit, a.getEvidence))
	v1.Get("/tasks", a.within(answerLimit, a.listTasks))
	v1.Post("/tasks/:id/acts", a.within(answerLimit, a.postTaskAct))
}

//nolint:gochecknoglobals // an error value
var errNoIncident = fault.NotFound("Không có sự cố này.")

// objectOfIncident is an incident as rights see it; its commander owns it.
func objectOfIncident(i incident.Incident) access.Object {
	return access.Object{Place: access.Place{Division: i.Division, Path: i.Path}, Owner: i.Commander.ID}
}

// mayIncident says whether somebody may do an action to an incident as it stands.
func mayIncident(who access.Principal, action access.Action, i incident.Incident) error {
	about := objectOfIncident(i)
	if about.Owner == actor(who) { // the sample's own desk goes by another name in a log
		about.Owner = who.ID
	}
	switch access.Decide(who, action, about) {
	case access.Allow:
		return nil
	case access.Forbid:
		return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
	case access.Hide:
	}
	return errNoIncident
}

// incidentFor finds the incident of the address for an action that its caller may do to it.
func (a *API) incidentFor(ctx context.Context, c *fiber.Ctx, action access.Action) (incident.Incident, error) {
	if uuid.Validate(c.Params("id")) != nil {
		return incident.Incident{}, errNoIncident
	}
	i, err := a.Store.Incident(ctx, c.Params("id"))
	if err != nil {
		return i, err
	}
	return i, mayIncident(asking(c).Principal, action, i)
}

// incidentShown is an incident as the console shows it: what the live feed says, and what only a page has room for.
type incidentShown struct {
	view.Incident
	KindLabel  string    `json:"kind_label"`
	StateLabel string    `json:"state_label"`
	AreaName   string    `json:"area_name"`
	ByRule     bool      `json:"by_rule"`
	FirstAt    time.Time `json:"first_at"`
	LastAt     time.Time `json:"last_at"`
	Reason     string    `json:"reason"`
	Closing    string    `json:"closing"`
}

func (a *API) showIncident(i incident.Incident) incidentShown {
	return incidentShown{
		view.OpsIncident(i), i.Family.Label(), i.State.Label(), a.areaName(i.Division, i.Area), i.ByRule, i.FirstAt, i.LastAt, i.Reason, i.Closing,
	}
}

// listIncidents lists the incidents of the caller's areas, the newest proposals first.
func (a *API) listIncidents(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "state", "kind", "area", "limit", "cursor")
	if err != nil {
		return err
	}
	r := filterReader{q: q}
	f := store.IncidentFilter{Reach: access.ReachOf(asking(c).Principal, access.ListIncidents), Limit: r.limit()}
	f.States = r.list("state", "Trạng thái phải là proposed, open, closed hoặc dismissed.", func(s string) bool { return incident.State(s).Label() != "" })
	f.Families = r.list("kind", "Không có loại sự cố này.", func(s string) bool { return incident.Family(s).Label() != "" })
	if q["area"] != "" {
		f.Division = a.Division
	}
	f.Areas = r.list("area", "Không có địa bàn mang mã này.", func(s string) bool { _, ok := a.Atlas.Tree.Get(a.Division, s); return ok })
	f.Cursor = r.cursor()
	if err := fault.Join(r.faults...); err != nil {
		return err
	}
	list, next, err := a.Store.Incidents(ctx, f)
	if err != nil {
		return err
	}
	shown := make([]incidentShown, len(list))
	for n, i := range list {
		shown[n] = a.showIncident(i)
	}
	c.Set(fiber.HeaderLink, links(c, next))
	return send(c, fiber.StatusOK, map[string]any{"incidents": shown, "next": next})
}

// limit is how many things a page has.
func (r *filterReader) limit() int {
	text, ok := r.q["limit"]
	if !ok {
		return usualPage
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		r.wrong("limit", "format", "Số mục một trang phải là số nguyên từ 1.")
	}
	return min(max(n, 1), mostPage)
}

func (r *filterReader) cursor() string {
	if len(r.q["cursor"]) > mostCursor {
		r.wrong("cursor", "format", "Dấu trang không đọc được; xin tải lại danh sách.")
	}
	return r.q["cursor"]
}

// logLine is an entry of the log. Whoever reads the log knows the colleagues by name.
type logLine struct {
	N      int64           `json:"n"`
	At     time.Time       `json:"at"`
	Act    string          `json:"act"`
	Label  string          `json:"label"`
	By     string          `json:"by"` // a name; empty: the rule
	As     string          `json:"as"`
	Text   string          `json:"text"`
	Reason string          `json:"reason"`
	Detail incident.Detail `json:"detail"`
}

func showLog(list []incident.Entry) []logLine {
	lines := make([]logLine, len(list))
	for n, e := range list {
		lines[n] = logLine{e.N, e.At, string(e.Act), e.Act.Label(), e.By.Name, e.By.As, e.Text, e.Reason, e.Detail}
	}
	return lines
}

type taskShown struct {
	ID       string     `json:"id"`
	N        int        `json:"n"`
	Version  int64      `json:"version"`
	State    string     `json:"state"`
	Text     string     `json:"text"`
	Unit     string     `json:"unit"`
	UnitName string     `json:"unit_name"`
	Due      *time.Time `json:"due"`
	Overdue  bool       `json:"overdue"`
	GivenAt  time.Time  `json:"given_at"`
	GivenBy  string     `json:"given_by"`
	AckedAt  *time.Time `json:"acked_at"`
	AckedBy  string     `json:"acked_by"`
	EndedAt  *time.Time `json:"ended_at"`
	EndedBy  string     `json:"ended_by"`
	Result   string     `json:"result"`
}

func (a *API) showTask(t incident.Task, names view.Lens) taskShown {
	return taskShown{
		t.ID, t.N, t.Version, string(t.State), t.Text, t.Unit, names.UnitName(t.Unit), t.Due, t.Overdue(a.Now()), t.GivenAt, t.GivenBy.Name, t.AckedAt, t.AckedBy.Name,
		t.EndedAt, t.EndedBy.Name, t.Result,
	}
}

// reportOf is a report of an incident, as its page shows it.
type reportOf struct {
	ID         string    `json:"id"`
	Code       string    `json:"code"`
	Category   string    `json:"category"`
	Area       string    `json:"area"`
	Status     string    `json:"status"`
	Emergency  bool      `json:"emergency"`
	State      string    `json:"state"`
	ReceivedAt time.Time `json:"received_at"`
	Summary    string    `json:"summary"`
	Unit       string    `json:"unit"`
}

// things are the alarms and the reports of an incident, or near one. Of reports the caller may not read only the number is told.
type things struct {
	Alarms  []store.IncidentAlarm `json:"alarms"`
	Reports []reportOf            `json:"reports"`
	Hidden  int                   `json:"hidden"`
}

func (a *API) thingsShown(ctx context.Context, who access.Principal, refs []incident.Ref) (things, error) {
	shown := things{Alarms: []store.IncidentAlarm{}, Reports: []reportOf{}}
	var alarms, reports []string
	for _, r := range refs {
		if r.Kind == incident.AnAlarm {
			alarms = append(alarms, r.ID)
		} else {
			reports = append(reports, r.ID)
		}
	}
	list, err := a.Store.IncidentAlarms(ctx, alarms)
	if err != nil {
		return shown, err
	}
	shown.Alarms = append(shown.Alarms, list...)
	found, err := a.Store.ReportsByID(ctx, reports)
	if err != nil {
		return shown, err
	}
	slices.SortFunc(found, func(x, y report.Report) int { return y.ReceivedAt.Compare(x.ReceivedAt) })
	for _, r := range found {
		if access.Decide(who, access.ReadReport, objectOf(r)) != access.Allow {
			shown.Hidden++
			continue
		}
		row := reportOf{r.ID, r.Code, r.Category, r.Area, string(r.Status), r.Emergency, string(r.State()), r.ReceivedAt, view.Summary(r.Description), r.Unit}
		if r.WithdrawnAt != nil {
			row.Summary = view.Withdrawn
		}
		shown.Reports = append(shown.Reports, row)
	}
	return shown, nil
}

func refsOf(i incident.Incident) []incident.Ref {
	var refs []incident.Ref
	for _, id := range i.Alarms {
		refs = append(refs, incident.Ref{Kind: incident.AnAlarm, ID: id})
	}
	for _, id := range i.Reports {
		refs = append(refs, incident.Ref{Kind: incident.AReport, ID: id})
	}
	return refs
}

// mostNear bounds what is offered to join an incident.
const mostNear = 30

// near are the things that an open incident could take.
func (a *API) near(ctx context.Context, who access.Principal, i incident.Incident) (things, error) {
	none := things{Alarms: []store.IncidentAlarm{}, Reports: []reportOf{}}
	if !i.State.Live() {
		return none, nil
	}
	list, _, err := a.Store.IncidentCandidates(ctx, i.FirstAt.Add(-incident.Within))
	if err != nil {
		return none, err
	}
	var refs []incident.Ref
	for _, t := range incident.Near(i, list) {
		if len(refs) < mostNear {
			refs = append(refs, t.Ref)
		}
	}
	shown, err := a.thingsShown(ctx, who, refs)
	shown.Hidden = 0 // what nobody here may join is not offered
	return shown, err
}

type attachmentShown struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Type  string    `json:"type"`
	Bytes int       `json:"bytes"`
	Hash  string    `json:"sha256"`
	At    time.Time `json:"at"`
}

func showFile(f store.IncidentFile) attachmentShown {
	return attachmentShown{f.ID, f.Name, f.Type, f.Bytes, f.Hash, f.At}
}

func showFiles(list []store.IncidentFile) []attachmentShown {
	shown := make([]attachmentShown, len(list))
	for n, f := range list {
		shown[n] = showFile(f)
	}
	return shown
}

type commanderShown struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	As   string `json:"as"`
}

func (a *API) getIncident(ctx context.Context, c *fiber.Ctx) error {
	i, err := a.incidentFor(ctx, c, access.ReadIncident)
	if err != nil {
		return err
	}
	return a.sendIncident(ctx, c, fiber.StatusOK, i)
}

// sendIncident answers with the whole page of an incident.
func (a *API) sendIncident(ctx context.Context, c *fiber.Ctx, status int, i incident.Incident) error {
	who := asking(c)
	log, err := a.Store.IncidentLog(ctx, i.ID)
	if err != nil {
		return err
	}
	tasks, err := a.tasksShown(ctx, i.ID)
	if err != nil {
		return err
	}
	held, err := a.thingsShown(ctx, who.Principal, refsOf(i))
	if err != nil {
		return err
	}
	near, err := a.near(ctx, who.Principal, i)
	if err != nil {
		return err
	}
	files, err := a.Store.IncidentFiles(ctx, i.ID)
	if err != nil {
		return err
	}
	commanders, err := a.commanders(ctx, who.acting(), i)
	if err != nil {
		return err
	}
	return send(c, status, struct {
		Incident    incidentShown     `json:"incident"`
		Log         []logLine         `json:"log"`
		Tasks       []taskShown       `json:"tasks"`
		Things      things            `json:"things"`
		Near        things            `json:"near"`
		Attachments []attachmentShown `json:"attachments"`
		Allowed     []string          `json:"allowed"`
		Commanders  []commanderShown  `json:"commanders"`
	}{a.showIncident(i), showLog(log), tasks, held, near, showFiles(files), allowedToIncident(who.acting(), i), commanders})
}

func (a *API) tasksShown(ctx context.Context, incidentID string) ([]taskShown, error) {
	list, err := a.Store.Tasks(ctx, incidentID)
	if err != nil {
		return nil, err
	}
	names, err := a.unitNames(ctx)
	shown := make([]taskShown, len(list))
	for n, t := range list {
		shown[n] = a.showTask(t, names)
	}
	return shown, err
}

// allowedToIncident are the acts that the caller may do to the incident and that are lawful now; never null in JSON.
func allowedToIncident(who access.Principal, i incident.Incident) []string {
	list := []string{}
	for _, name := range []incident.ActName{
		incident.Accept, incident.Dismiss, incident.Rename, incident.Join, incident.Leave, incident.Command, incident.Note, incident.GiveTask,
		incident.Attach, incident.Update, incident.Close, incident.Reopen,
	} {
		if name.Lawful(i.State) && mayIncident(who, actionOf(name), i) == nil {
			list = append(list, string(name))
		}
	}
	if mayIncident(who, access.TakeEvidence, i) == nil {
		list = append(list, "evidence")
	}
	return list
}

// actionOf is the right that an act on an incident takes.
func actionOf(name incident.ActName) access.Action {
	switch name {
	case incident.Command, incident.Update, incident.Close, incident.Reopen:
		return access.LeadIncidents
	case incident.AckTask, incident.FinishTask:
		return access.AnswerTasks
	default:
		return access.RunIncidents
	}
}

// commanders are who could command an incident, for whoever may choose one.
func (a *API) commanders(ctx context.Context, who access.Principal, i incident.Incident) ([]commanderShown, error) {
	shown := []commanderShown{}
	choosing := a.People != nil && i.State == incident.Open && mayIncident(who, access.LeadIncidents, i) == nil
	if !choosing {
		return shown, nil
	}
	list, err := a.Store.Commanders(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if q := a.ofPerson(p); mayIncident(q, access.RunIncidents, i) == nil {
			shown = append(shown, commanderShown{q.ID, p.Name, roleWord(q)})
		}
	}
	return shown, nil
}

// roleWord is the role in which somebody acts in an incident: all that a screen names.
func roleWord(who access.Principal) string {
	for _, role := range []access.Role{access.ShiftLead, access.Operator, access.UnitLead, access.UnitOfficer} {
		if slices.Contains(who.Roles, role) {
			return role.Label()
		}
	}
	return ""
}

// officer is who acts, as an incident's log names them.
func officer(c *fiber.Ctx) incident.Person {
	who := asking(c)
	return incident.Person{ID: actor(who.Principal), Name: author(who).Name, As: roleWord(who.Principal)}
}

// listTasks lists what units were given to do: those of one's unit, or of one's area. It tells nothing of residents.
func (a *API) listTasks(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "running", "unit", "limit", "cursor")
	if err != nil {
		return err
	}
	units, err := a.unitNames(ctx)
	if err != nil {
		return err
	}
	r := filterReader{q: q}
	f := store.TaskFilter{Reach: access.ReachOf(asking(c).Principal, access.ListTasks), Limit: r.limit()}
	running := r.flag("running")
	f.Running = running != nil && *running
	f.Units = r.list("unit", "Không có đơn vị mang mã này.", func(s string) bool { _, ok := units.Units[s]; return ok })
	f.Cursor = r.cursor()
	if err := fault.Join(r.faults...); err != nil {
		return err
	}
	list, next, err := a.Store.ListTasks(ctx, f)
	if err != nil {
		return err
	}
	shown := make([]any, len(list))
	for n, g := range list {
		shown[n] = a.showGiven(g, units, asking(c).acting())
	}
	c.Set(fiber.HeaderLink, links(c, next))
	return send(c, fiber.StatusOK, map[string]any{"tasks": shown, "next": next, "now": a.Now().UTC()})
}

// showGiven is a task with as much of its incident as the staff of a unit may know.
func (a *API) showGiven(g store.GivenTask, units view.Lens, who access.Principal) any {
	return struct {
		taskShown
		Incident view.UnitIncident `json:"incident"`
		AreaName string            `json:"area_name"`
		Lat      float64           `json:"lat"`
		Lon      float64           `json:"lon"`
		May      bool              `json:"may"`
	}{
		a.showTask(g.Task, units), view.ForUnit(g.Of, view.TaskCounts{}), a.areaName(g.Of.Division, g.Of.Area), g.Of.Point.Lat, g.Of.Point.Lon,
		g.Task.State.Running() && access.Decide(who, access.AnswerTasks, objectOfTask(g.Task, g.Of)) == access.Allow,
	}
}

func objectOfTask(t incident.Task, i incident.Incident) access.Object {
	return access.Object{Place: access.Place{Division: i.Division, Path: i.Path}, Unit: t.Unit}
}

// fileHeader names a file for a browser that keeps it.
func fileHeader(name string) string {
	return fmt.Sprintf("attachment; filename*=UTF-8''%s", escapeName(name))
}
