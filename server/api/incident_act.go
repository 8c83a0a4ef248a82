package api

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/incident"
	"toancanh/server/intake"
	"toancanh/server/photo"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// mostAttached is the largest body of a file.
const mostAttached = max(photo.MaxBytes, incident.MostFile)

// readRefs reads which alarms and reports are meant; reports may be named by their public code.
func (a *API) readRefs(ctx context.Context, o *object) ([]incident.Ref, error) {
	var refs []incident.Ref
	seen := map[incident.Ref]bool{}
	for _, k := range []struct {
		name string
		kind incident.ThingKind
	}{{"alarms", incident.AnAlarm}, {"reports", incident.AReport}} {
		values := o.list(k.name)
		if len(values) > incident.MostEach {
			o.wrong(k.name, "too_long", "Một sự cố giữ tối đa %d mục mỗi loại.", incident.MostEach)
			continue
		}
		for _, v := range values {
			id, err := a.thingID(ctx, k.kind, v)
			if err != nil {
				return nil, err
			}
			ref := incident.Ref{Kind: k.kind, ID: id}
			switch {
			case id == "":
				o.wrong(k.name, "unknown", "Không có mục này, hoặc bạn không xem được.")
			case seen[ref]:
				o.wrong(k.name, "duplicate", "Một mục được ghi nhiều lần.")
			}
			seen[ref] = true
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

// thingID is the UUID of a thing as somebody named it; empty when it is no name of one.
func (a *API) thingID(ctx context.Context, kind incident.ThingKind, v value) (string, error) {
	if v.kind != isText {
		return "", nil
	}
	text := unquote(v.raw)
	if uuid.Validate(text) == nil {
		return text, nil
	}
	code, ok := report.ParseCode(text)
	if kind != incident.AReport || !ok {
		return "", nil
	}
	r, err := a.Store.Report(ctx, code)
	if fault.Is(err, fault.KindNotFound) {
		return "", nil
	}
	return r.ID, err
}

// thingsNamed reads the things of a body that the caller may put together: reports they may read, and alarms of their area.
func (a *API) thingsNamed(ctx context.Context, who access.Principal, o *object) ([]incident.Thing, error) {
	refs, err := a.readRefs(ctx, o)
	if err != nil || len(refs) == 0 || len(*o.faults) > 0 {
		return nil, err
	}
	found, reports, err := a.Store.IncidentThings(ctx, refs)
	if err != nil {
		return nil, err
	}
	about := map[string]access.Object{}
	for _, r := range reports {
		about[r.ID] = objectOf(r)
	}
	var list []incident.Thing
	for _, t := range found {
		action, o := access.RunIncidents, access.Object{Place: access.Place{Division: t.Division, Path: t.Path}}
		if t.Kind == incident.AReport {
			action, o = access.ReadReport, about[t.ID]
		}
		if access.Decide(who, action, o) == access.Allow {
			list = append(list, t)
		}
	}
	if len(list) < len(refs) {
		o.wrong("things", "unknown", "Có cảnh báo hoặc phản ánh không tồn tại, đã thu hồi, không tiếp nhận, trùng lặp, hoặc bạn không xem được.")
	}
	return list, nil
}

// postIncident puts chosen things together by hand; with open it is accepted at once.
func (a *API) postIncident(ctx context.Context, c *fiber.Ctx) error {
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	b := &incident.Birth{Family: incident.Family(o.text("kind")), Title: o.text("title"), By: officer(c)}
	open := o.flag("open")
	if b.Things, err = a.thingsNamed(ctx, who, o); err != nil {
		return err
	}
	if err := o.done(); err != nil {
		return err
	}
	if b.Family == "" {
		b.Family = familyOf(b.Things)
	}
	if b.Title == "" && len(b.Things) > 0 {
		b.Title = incident.Title(b.Family, a.areaName(b.Things[0].Division, b.Things[0].Area))
	}
	d := store.IncidentDeed{Birth: b, May: a.mayDo(who, access.RunIncidents)}
	if open {
		d.Acts = []incident.Act{{Name: incident.Accept, By: b.By}}
	}
	return a.doIncident(ctx, c, incidentCall{deed: d, raw: raw, status: fiber.StatusCreated, action: access.RunIncidents})
}

// familyOf is the family of the first thing that has one.
func familyOf(list []incident.Thing) incident.Family {
	for _, t := range list {
		if t.Family != "" {
			return t.Family
		}
	}
	return incident.Other
}

// mayDo asks the right of the incident as it stands in the transaction of the deed.
func (a *API) mayDo(who access.Principal, action access.Action) func(incident.Incident, incident.Task) error {
	return func(i incident.Incident, _ incident.Task) error { return mayIncident(who, action, i) }
}

// incidentCall is a deed that somebody asked for, and how it is answered.
type incidentCall struct {
	deed   store.IncidentDeed
	raw    []byte
	status int
	action access.Action
}

// incidentAnswer is what whoever acts on an incident gets.
type incidentAnswer struct {
	Incident incidentShown  `json:"incident"`
	Entry    logLine        `json:"entry"`
	Task     *taskShown     `json:"task,omitempty"`
	Told     *incident.Told `json:"told,omitempty"`
}

// doIncident does a deed and answers; a known Idempotency-Key is answered by its first answer.
func (a *API) doIncident(ctx context.Context, c *fiber.Ctx, call incidentCall) error {
	d := call.deed
	if err := a.promised(ctx, c, &d, call); err != nil {
		return err
	}
	d.Lens, d.Now = view.NewLens(a.Location, a.Units), a.Now()
	done, first, err := a.Store.DoIncident(ctx, d)
	return a.answerIncident(c, call, d, done, first, err)
}

// promised readies a deed for an Idempotency-Key.
func (a *API) promised(ctx context.Context, c *fiber.Ctx, d *store.IncidentDeed, call incidentCall) error {
	key, err := promise(c, asking(c).ID, append([]byte(c.Path()+"\n"), call.raw...))
	if err != nil {
		return err
	}
	names, err := a.unitNames(ctx)
	if err != nil {
		return err
	}
	d.Answer = func(done incident.Done) (string, error) {
		answer := incidentAnswer{Incident: a.showIncident(done.Incident), Entry: showLog([]incident.Entry{done.Entry})[0], Told: done.Entry.Detail.Told}
		if done.Entry.Detail.Task != "" {
			task := a.showTask(done.Task, names)
			answer.Task = &task
		}
		raw, err := json.Marshal(answer)
		return string(raw), err
	}
	if key != nil {
		d.Promise = &store.Promise{Scope: key.Scope, Key: key.Key, BodyHash: key.BodyHash}
	}
	return nil
}

func (a *API) answerIncident(c *fiber.Ctx, call incidentCall, d store.IncidentDeed, done incident.Done, first store.Accepted, err error) error {
	switch {
	case fault.Is(err, fault.KindForbidden):
		return a.refuse(c, refused{call.action, "incident:" + d.ID, err})
	case err != nil:
		return err
	case first.Repeated:
		c.Set("Idempotency-Replayed", "true")
		return sendRaw(c, call.status, []byte(first.Answer))
	}
	answer, err := d.Answer(done)
	if err != nil {
		return fault.Internal(err)
	}
	return sendRaw(c, call.status, []byte(answer))
}

// postIncidentAct does one of the acts that are words and choices alone.
func (a *API) postIncidentAct(ctx context.Context, c *fiber.Ctx) error {
	i, err := a.incidentFor(ctx, c, access.ReadIncident)
	if err != nil {
		return err
	}
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	act := incident.Act{
		Name: incident.ActName(o.text("act")), Version: o.whole("version"), By: officer(c), Text: o.text("text"), Reason: o.text("reason"), Title: o.text("title"),
	}
	person := o.text("person")
	switch act.Name {
	case incident.Accept, incident.Dismiss, incident.Rename, incident.Note, incident.Close, incident.Reopen:
	case incident.Command:
		if act.Person, err = a.commander(ctx, c, i, person); err != nil {
			return err
		}
	case incident.Join:
		if act.Things, err = a.thingsNamed(ctx, who, o); err != nil {
			return err
		}
	case incident.Leave:
		refs, err := a.readRefs(ctx, o)
		if err != nil {
			return err
		}
		for _, r := range refs {
			act.Things = append(act.Things, incident.Thing{Ref: r})
		}
	default:
		o.wrong("act", "unknown", "Không có thao tác này.")
	}
	if err := o.done(); err != nil {
		return err
	}
	action := actionOf(act.Name)
	d := store.IncidentDeed{ID: i.ID, Acts: []incident.Act{act}, May: a.mayDo(who, action)}
	return a.doIncident(ctx, c, incidentCall{deed: d, raw: raw, status: fiber.StatusOK, action: action})
}

// commander is the person somebody chose to command; "me" is whoever asks.
func (a *API) commander(ctx context.Context, c *fiber.Ctx, i incident.Incident, id string) (incident.Person, error) {
	if id == "" || id == "me" {
		return officer(c), nil
	}
	list, err := a.commanders(ctx, asking(c).Principal, i)
	if err != nil {
		return incident.Person{}, err
	}
	for _, p := range list {
		if p.ID == id {
			return incident.Person(p), nil
		}
	}
	return incident.Person{}, fault.Invalid("person", "Người này không trực sự cố ở địa bàn này.").Because("unknown")
}

// postTask gives a unit something to do.
func (a *API) postTask(ctx context.Context, c *fiber.Ctx) error {
	i, err := a.incidentFor(ctx, c, access.RunIncidents)
	if err != nil {
		return err
	}
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	units, err := a.unitsNow(ctx)
	if err != nil {
		return err
	}
	act := incident.Act{Name: incident.GiveTask, Version: o.whole("version"), By: officer(c), Text: o.text("text"), Unit: o.text("unit"), Due: o.instant("due")}
	if takes, known := units[act.Unit]; act.Unit != "" && !known {
		o.wrong("unit", "unknown", "Không có đơn vị mang mã này.")
	} else if known && !takes {
		o.wrong("unit", "disabled", "Đơn vị này không còn nhận việc.")
	}
	if err := o.done(); err != nil {
		return err
	}
	d := store.IncidentDeed{ID: i.ID, Acts: []incident.Act{act}, May: a.mayDo(asking(c).Principal, access.RunIncidents)}
	return a.doIncident(ctx, c, incidentCall{deed: d, raw: raw, status: fiber.StatusCreated, action: access.RunIncidents})
}

// postTaskAct says what becomes of a task: its unit has seen it, has done it, or it is not wanted any more.
func (a *API) postTaskAct(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	t, i, err := a.Store.TaskOf(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	if err := mayTask(who, access.AnswerTasks, t, i); err != nil {
		return err
	}
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	act := incident.Act{By: officer(c), Text: o.text("text"), Reason: o.text("reason"), TaskVersion: o.whole("version")}
	action := access.AnswerTasks
	switch o.text("act") {
	case "ack":
		act.Name = incident.AckTask
	case "done":
		act.Name = incident.FinishTask
	case "cancel":
		act.Name, action = incident.CancelTask, access.RunIncidents
	default:
		o.wrong("act", "unknown", "Thao tác phải là ack, done hoặc cancel.")
	}
	if err := o.done(); err != nil {
		return err
	}
	d := store.IncidentDeed{ID: i.ID, Task: t.ID, Acts: []incident.Act{act}, May: func(i incident.Incident, t incident.Task) error {
		if action == access.RunIncidents {
			err := mayIncident(who, action, i)
			if fault.Is(err, fault.KindNotFound) { // a unit sees the task and not its incident
				err = fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
			}
			return err
		}
		return mayTask(who, action, t, i)
	}}
	return a.doTask(ctx, c, incidentCall{deed: d, raw: raw, status: fiber.StatusOK, action: action})
}

// mayTask says whether somebody may do an action to a task.
func mayTask(who access.Principal, action access.Action, t incident.Task, i incident.Incident) error {
	switch access.Decide(who, action, objectOfTask(t, i)) {
	case access.Allow:
		return nil
	case access.Forbid:
		return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
	case access.Hide:
	}
	return fault.NotFound("Không có nhiệm vụ này.")
}

// doTask does a deed about a task and answers with the task alone: whoever answers one may not read its incident.
func (a *API) doTask(ctx context.Context, c *fiber.Ctx, call incidentCall) error {
	d := call.deed
	if err := a.promised(ctx, c, &d, call); err != nil {
		return err
	}
	units, err := a.unitNames(ctx)
	if err != nil {
		return err
	}
	who := asking(c).acting()
	d.Answer = func(done incident.Done) (string, error) {
		raw, err := json.Marshal(map[string]any{"task": a.showGiven(store.GivenTask{Task: done.Task, Of: done.Incident}, units, who)})
		return string(raw), err
	}
	d.Lens, d.Now = view.NewLens(a.Location, a.Units), a.Now()
	done, first, err := a.Store.DoIncident(ctx, d)
	return a.answerIncident(c, call, d, done, first, err)
}

// postUpdate tells the senders of all reports of an incident one thing; with preview it says what they would read, and nothing is sent.
func (a *API) postUpdate(ctx context.Context, c *fiber.Ctx) error {
	i, err := a.incidentFor(ctx, c, access.LeadIncidents)
	if err != nil {
		return err
	}
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	text, version, preview := a.cleaned(o, "text", report.CleanNote), o.whole("version"), o.flag("preview")
	if version == 0 {
		o.wrong("version", "required", "Thiếu phiên bản đã xem: tin đã gửi thì không lấy lại được.")
	}
	if err := o.done(); err != nil {
		return err
	}
	redacted := view.Redact(text)
	if preview {
		return send(c, fiber.StatusOK, map[string]any{
			"text": redacted, "hidden": view.Hidden(redacted) - view.Hidden(text), "reports": len(i.Reports),
		})
	}
	by := officer(c)
	now := a.Now()
	d := store.IncidentDeed{
		ID: i.ID, Acts: []incident.Act{{Name: incident.Update, Version: version, By: by, Text: redacted}},
		May: a.mayDo(asking(c).Principal, access.LeadIncidents),
		Tell: func(r report.Report) (report.Report, report.Entry, error) {
			return a.Rules.Apply(r, report.Act{Name: report.Inform, Actor: by.ID, Text: redacted}, now)
		},
	}
	return a.doIncident(ctx, c, incidentCall{deed: d, raw: raw, status: fiber.StatusOK, action: access.LeadIncidents})
}

// postAttachment keeps a file with an incident; its name stands in the address.
func (a *API) postAttachment(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "name")
	if err != nil {
		return err
	}
	i, err := a.incidentFor(ctx, c, access.RunIncidents)
	if err != nil {
		return err
	}
	raw, err := body(c, mostAttached)
	if err != nil {
		return err
	}
	content := append([]byte(nil), raw...) // fiber takes its buffer back
	call := incidentCall{
		deed: store.IncidentDeed{ID: i.ID, May: a.mayDo(asking(c).Principal, access.RunIncidents)}, raw: content, status: fiber.StatusCreated,
		action: access.RunIncidents,
	}
	d := call.deed
	if err := a.promised(ctx, c, &d, call); err != nil {
		return err
	}
	done, first, err := a.Intake.AttachFile(ctx, intake.FileBody{Name: q["name"], Content: content, By: officer(c), Deed: d})
	return a.answerIncident(c, call, d, done, first, err)
}

// getAttachment hands a file out to be kept, never to be shown in a page of ours.
func (a *API) getAttachment(ctx context.Context, c *fiber.Ctx) error {
	i, err := a.incidentFor(ctx, c, access.ReadIncident)
	if err != nil {
		return err
	}
	f, err := a.Store.IncidentFile(ctx, c.Params("file"))
	if err == nil && f.Incident != i.ID {
		err = fault.NotFound("Không có tệp này.")
	}
	if err != nil {
		return err
	}
	content, err := a.Intake.OpenFile(ctx, f)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentDisposition, fileHeader(f.Name))
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Response().Header.SetContentType(f.Type)
	return c.Send(content)
}

func escapeName(name string) string { return url.PathEscape(name) }
