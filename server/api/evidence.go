package api

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/audit"
	"toancanh/server/evidence"
	"toancanh/server/fault"
	"toancanh/server/incident"
	"toancanh/server/report"
	"toancanh/server/store"
)

// Bounds of a pack. Its files stand in memory once, so few are made at a time.
const (
	evidenceLimit = 30 * time.Second
	evidenceWait  = 5 * time.Second
	mostReadings  = 200_000
	mostPhotos    = 300
	mostPixels    = 60 << 20 // bytes of photos
)

// getEvidenceKey tells which key signs packs, so that whoever got one can compare.
func (a *API) getEvidenceKey(_ context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	if a.Evidence == nil {
		return errNoEvidence
	}
	public := a.Evidence.Public()
	return send(c, fiber.StatusOK, map[string]string{
		"fingerprint": evidence.Fingerprint(public), "public": base64.StdEncoding.EncodeToString(public),
	})
}

//nolint:gochecknoglobals // error values
var (
	errNoEvidence   = fault.Conflict("Trung tâm này không có khóa ký hồ sơ chứng cứ.").Because("no_key")
	errEvidenceBusy = fault.Unavailable("Đang lập một hồ sơ khác, xin thử lại sau ít giây.").Because("evidence_busy")
)

// getEvidence makes the whole of an incident one signed file, as far as its caller may see it. Who took it stands in the audit before
// the first byte is sent.
func (a *API) getEvidence(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	i, err := a.incidentFor(ctx, c, access.TakeEvidence)
	switch {
	case err != nil:
		return err
	case a.Evidence == nil:
		return errNoEvidence
	}
	leave, err := a.enterEvidence(ctx)
	if err != nil {
		return err
	}
	defer func() { leave() }()
	pack, err := a.caseOf(ctx, c, i)
	if err != nil {
		return err
	}
	files, err := pack.Pack()
	if err != nil {
		return fault.Internal(err)
	}
	if err := a.noteEvidence(c, i, len(files)); err != nil {
		return err
	}
	stamp := evidence.Stamp{Incident: i.Code(), ID: i.ID, Version: i.Version, StateAt: i.ChangedAt, MadeAt: a.Now()}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentDisposition, fileHeader("ho-so-"+i.Code()+".zip"))
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Response().Header.SetContentType("application/zip")
	ended := leave
	leave = func() {} // the writer leaves
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer ended()
		// Whoever gets half a file finds it broken: its signature stands at its end.
		_ = evidence.Write(w, files, stamp, a.Evidence)
	})
	return nil
}

// enterEvidence waits for the turn to make a pack.
func (a *API) enterEvidence(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, evidenceWait)
	defer cancel()
	select {
	case a.packing <- struct{}{}:
		return func() { <-a.packing }, nil
	case <-ctx.Done():
		return nil, errEvidenceBusy
	}
}

func (a *API) noteEvidence(c *fiber.Ctx, i incident.Incident, files int) error {
	if a.People == nil {
		return nil
	}
	raw, err := json.Marshal(map[string]any{"version": i.Version, "files": files})
	if err != nil {
		return fault.Internal(err)
	}
	return a.People.KeepAudit(c.UserContext(), audit.Row{What: string(access.TakeEvidence), Object: "incident:" + i.ID, Result: audit.Done, Detail: string(raw)})
}

// caseOf reads everything that belongs to an incident and that the caller may see.
func (a *API) caseOf(ctx context.Context, c *fiber.Ctx, i incident.Incident) (evidence.Case, error) {
	who := asking(c).Principal
	k := evidence.Case{
		Centre: a.Title, Viewer: cmp.Or(roleWord(who), rolesWord(who)), AreaName: a.areaName(i.Division, i.Area), Incident: i, Location: a.Location,
		From: i.FirstAt.Add(-incident.Within), To: i.ChangedAt,
	}
	var err error
	if k.Log, err = a.Store.IncidentLog(ctx, i.ID); err != nil {
		return k, err
	}
	if k.Tasks, err = a.Store.Tasks(ctx, i.ID); err != nil {
		return k, err
	}
	names, err := a.unitNames(ctx)
	if err != nil {
		return k, err
	}
	k.Units = names.Units
	for _, read := range []func(context.Context, access.Principal, *evidence.Case) error{a.caseReports, a.caseAlarms, a.caseReadings, a.caseFiles, a.caseMap, a.caseWarnings} {
		if err := read(ctx, who, &k); err != nil {
			return k, err
		}
	}
	return k, nil
}

// rolesWord is the first of the roles of who takes part in no incident.
func rolesWord(who access.Principal) string {
	if len(who.Roles) == 0 {
		return ""
	}
	return who.Roles[0].Label()
}

// caseReports reads the reports with their stories, and the covered copies of their photos.
func (a *API) caseReports(ctx context.Context, who access.Principal, k *evidence.Case) error {
	list, err := a.Store.ReportsByID(ctx, k.Incident.Reports)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(x, y report.Report) int {
		return cmp.Or(x.ReceivedAt.Compare(y.ReceivedAt), cmp.Compare(x.ID, y.ID))
	})
	pixels := 0
	for _, r := range list {
		if access.Decide(who, access.ReadReport, objectOf(r)) != access.Allow {
			k.Hidden++
			continue
		}
		timeline, err := a.Store.Timeline(ctx, r.ID)
		if err != nil {
			return err
		}
		category := r.Category
		if known, ok := a.Rules.Category(r.Category); ok {
			category = known.Name
		}
		k.Reports = append(k.Reports, evidence.ReportOf{Report: r, Category: category, Timeline: timeline})
		if err := a.casePhotos(ctx, r, k, &pixels); err != nil {
			return err
		}
	}
	return nil
}

func (a *API) casePhotos(ctx context.Context, r report.Report, k *evidence.Case, pixels *int) error {
	if r.Photos == 0 {
		return nil
	}
	photos, err := a.Store.Photos(ctx, r.ID)
	if err != nil {
		return err
	}
	for n, p := range photos {
		if p.Copy == "" || len(k.Photos) >= mostPhotos || *pixels+p.Bytes > mostPixels {
			k.LeftOut++
			continue
		}
		content, err := a.Intake.OpenPhoto(ctx, p, true)
		if err != nil {
			return err
		}
		*pixels += len(content)
		k.Photos = append(k.Photos, evidence.Photo{Report: r.Code, N: n + 1, Content: content})
	}
	return nil
}

func (a *API) caseAlarms(ctx context.Context, _ access.Principal, k *evidence.Case) error {
	alarms, err := a.Store.IncidentAlarms(ctx, k.Incident.Alarms)
	if err != nil {
		return err
	}
	stories, err := a.Store.AlarmStories(ctx, k.Incident.Alarms)
	if err != nil {
		return err
	}
	for _, one := range alarms {
		of := evidence.AlarmOf{ID: one.ID, Shown: one, Label: one.Label, Name: one.Name, Entries: []evidence.AlarmEntry{}}
		for _, e := range stories {
			if e.Alarm == one.ID {
				of.Entries = append(of.Entries, evidence.AlarmEntry{N: e.N, At: e.At, Act: e.Act, From: e.From, To: e.To, By: e.As, Reason: e.Reason, Text: e.Text})
			}
		}
		k.Alarms = append(k.Alarms, of)
	}
	return nil
}

// caseReadings reads what the sensors around measured, and those whose alarms belong to the incident.
func (a *API) caseReadings(ctx context.Context, _ access.Principal, k *evidence.Case) error {
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	alarms, err := a.Store.IncidentAlarms(ctx, k.Incident.Alarms)
	if err != nil {
		return err
	}
	k.Sensors = map[string]evidence.SensorOf{}
	codes := map[int32]string{}
	for code, s := range sensors {
		target := slices.ContainsFunc(alarms, func(one store.IncidentAlarm) bool { return one.Source == "sensor" && one.Target == code })
		if target || evidence.Near(k.Incident, area.Point{Lat: s.Lat, Lon: s.Lon}, s.Division, s.Area) {
			codes[s.ID] = code
			k.Sensors[code] = evidence.SensorOf{Name: s.Name, Kind: s.Kind, Unit: s.Unit, Origin: s.Origin, Lat: s.Lat, Lon: s.Lon}
		}
	}
	ids := make([]int32, 0, len(codes))
	for id := range codes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list, more, err := a.Store.ReadingsAround(ctx, ids, k.From, k.To, mostReadings)
	if err != nil {
		return err
	}
	k.CutShort = more
	for _, r := range list {
		k.Readings = append(k.Readings, evidence.Reading{Sensor: codes[r.Sensor], At: r.At, Value: r.Value})
	}
	return nil
}

func (a *API) caseFiles(ctx context.Context, _ access.Principal, k *evidence.Case) error {
	list, err := a.Store.IncidentFiles(ctx, k.Incident.ID)
	if err != nil {
		return err
	}
	for _, f := range list {
		content, err := a.Intake.OpenFile(ctx, f)
		if err != nil {
			return err
		}
		k.Files = append(k.Files, evidence.Attached{Attachment: f.Attachment, At: f.At, Content: content})
	}
	return nil
}

// caseMap draws where it was: the district, with the things that the caller may see.
func (a *API) caseMap(_ context.Context, _ access.Principal, k *evidence.Case) error {
	i := k.Incident
	m, ok := a.Atlas.Map(i.Division)
	if !ok || len(i.Path) == 0 {
		return nil
	}
	code := i.Path[max(0, len(i.Path)-2)]
	here, ok := a.Atlas.Tree.Get(i.Division, code)
	if !ok {
		return nil
	}
	base, err := a.drawBase(m, here)
	if err != nil {
		return fault.Internal(fmt.Errorf("draw map of incident: %w", err))
	}
	p := mapPicture{at: i.ChangedAt.In(a.Location), origin: report.Origin(i.Origin)}
	for _, r := range k.Reports {
		state := report.Normal
		if r.Report.Emergency {
			state = report.Critical
		}
		base.add(&p, mapMark{id: r.Report.ID, kind: 'r', state: string(state)}, area.Point(r.Report.Location))
	}
	for code, s := range k.Sensors {
		base.add(&p, mapMark{id: "sensor/" + code, kind: 's', state: "normal"}, area.Point{Lat: s.Lat, Lon: s.Lon})
	}
	slices.SortFunc(p.marks, func(x, y mapMark) int { return cmp.Compare(x.id, y.id) })
	k.Map = base.draw(p)
	return nil
}

// caseWarnings names the warnings to the public that held there and then, with their messages.
func (a *API) caseWarnings(ctx context.Context, _ access.Principal, k *evidence.Case) error {
	list, err := a.Store.WarningsAround(ctx, k.Incident, k.From, k.To)
	if err != nil {
		return err
	}
	for _, w := range list {
		k.Warnings = append(k.Warnings, evidence.Warning{ID: w.ID, Headline: w.Headline, Event: w.Event, Source: w.Source, Sent: w.SentAt, Body: w.Body})
	}
	return nil
}
