package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/sensor"
	"toancanh/server/sheet"
	"toancanh/server/store"
)

// sensorDeeds is what people and keys do with the registry of sensors.
type sensorDeeds interface {
	CheckSensors(ctx context.Context, list []sensor.Sensor, may func(sensor.Sensor) error) ([]sensor.Sensor, error)
	ImportSensors(ctx context.Context, clean []sensor.Sensor) error
	ProposeSensors(ctx context.Context, list []sensor.Sensor, by string, may func(sensor.Sensor) error) (map[string]sensor.Standing, error)
	DecideSensors(ctx context.Context, d store.SensorDecision) ([]string, error)
	ChangeSensor(ctx context.Context, c intake.SensorChange, may func(sensor.Sensor) error) error
}

// registryRoutes are the registry of sensors, their past and their times of maintenance.
func (a *API) registryRoutes(v1 guarded) {
	v1.Get("/sensors.csv", a.within(answerLimit, a.getSensorsCSV))
	v1.Get("/sensors/:code", a.within(answerLimit, a.getSensor))
	v1.Patch("/sensors/:code", a.within(answerLimit, a.patchSensor))
	v1.Get("/sensors/:code/series", a.within(answerLimit, a.getSensorSeries))
	v1.Get("/series", a.within(answerLimit, a.getManySeries))
	v1.Get("/sensor-kinds", a.listKinds)
	v1.Post("/sensor-imports", a.within(importLimit, a.postSensorImport))
	v1.Post("/sensor-proposals", a.within(answerLimit, a.postProposals))
	v1.Post("/sensor-decisions", a.within(answerLimit, a.postDecisions))
	v1.Get("/maintenance", a.within(answerLimit, a.listMaintenance))
	v1.Post("/maintenance", a.within(answerLimit, a.postMaintenance))
	v1.Delete("/maintenance/:id", a.within(answerLimit, a.deleteMaintenance))
}

//nolint:gochecknoglobals // an error value
var errNoSensor = fault.NotFound("Không có cảm biến mang mã này.")

// sensorNamed is a sensor the caller may see, by its code.
func (a *API) sensorNamed(ctx context.Context, c *fiber.Ctx, code string) (store.Sensor, error) {
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return store.Sensor{}, err
	}
	s, ok := sensors[code]
	if !ok || !asking(c).Bounds.HoldsSensor(s.Code, placeOfSensor(s.Sensor)) {
		return store.Sensor{}, errNoSensor
	}
	return s, nil
}

// sensorWhole is one sensor with its times of maintenance.
type sensorWhole struct {
	sensorShown
	OwnerName string        `json:"owner_name"`
	KindName  string        `json:"kind_name"`
	Windows   []windowShown `json:"windows"` // the newest fifty, the latest first
	May       sensorRights  `json:"may"`
}

// sensorRights are what the caller may do with a sensor.
type sensorRights struct {
	Manage   bool `json:"manage"`
	Maintain bool `json:"maintain"`
}

func (a *API) getSensor(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return a.sendSensor(ctx, c, c.Params("code"))
}

func (a *API) sendSensor(ctx context.Context, c *fiber.Ctx, code string) error {
	s, err := a.sensorNamed(ctx, c, code)
	if err != nil {
		return err
	}
	newest, _, err := a.Store.LatestSince(ctx, time.Time{})
	if err != nil {
		return err
	}
	windows, err := a.Store.MaintenanceOf(ctx, s.Code, s.Gateway)
	if err != nil {
		return err
	}
	units, err := a.unitList(ctx)
	if err != nil {
		return err
	}
	now := a.Now()
	m := momentOf{maintenance: store.NewUpkeep(windows).Holds(&s.Sensor, now), now: now}
	if i := slices.IndexFunc(newest, func(l store.Latest) bool { return l.SensorID == s.ID }); i >= 0 {
		m.latest = &newest[i]
	}
	whole := sensorWhole{sensorShown: a.showSensor(s, m), Windows: []windowShown{}}
	if i := slices.IndexFunc(units, func(u store.Unit) bool { return u.ID == s.Owner }); i >= 0 {
		whole.OwnerName = units[i].Name
	}
	if k, ok := sensor.KindOf(s.Kind); ok {
		whole.KindName = k.Name
	}
	who, at := asking(c).Principal, access.Object{Place: placeOfSensor(s.Sensor)}
	whole.May = sensorRights{access.Decide(who, access.ManageSensors, at) == access.Allow, access.Decide(who, access.MaintainSensors, at) == access.Allow}
	for _, w := range windows {
		whole.Windows = append(whole.Windows, a.showWindow(w, now))
	}
	return send(c, fiber.StatusOK, whole)
}

// kindShown is a kind of sensor with what a sensor of it has by default.
type kindShown struct {
	Code        string       `json:"code"`
	Name        string       `json:"name"`
	Unit        string       `json:"unit"`
	StaleAfterS int64        `json:"stale_after_s"`
	Min         *float64     `json:"min"`
	Max         *float64     `json:"max"`
	MaxRate     *float64     `json:"max_rate"`
	StuckAfterS int64        `json:"stuck_after_s"`
	Levels      []levelShown `json:"levels"`
}

func (a *API) listKinds(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	kinds := sensor.Kinds()
	shown := make([]kindShown, len(kinds))
	for i, k := range kinds {
		shown[i] = kindShown{
			k.Code, k.Name, k.Unit, int64(k.StaleAfter / time.Second), k.Min, k.Max, k.MaxRate, int64(k.StuckAfter / time.Second), showLevels(k.Levels),
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"kinds": shown})
}

// managing says why somebody may not manage a sensor there.
func managing(who access.Principal) func(sensor.Sensor) error {
	return func(s sensor.Sensor) error {
		if access.Decide(who, access.ManageSensors, access.Object{Place: placeOfSensor(s)}) == access.Allow {
			return nil
		}
		return fault.Invalid("lat", "Cảm biến nằm ngoài địa bàn của bạn.").Because("out_of_scope")
	}
}

// patchSensor changes what a body names of a sensor; what it does not name stays.
func (a *API) patchSensor(ctx context.Context, c *fiber.Ctx) error {
	s, err := a.sensorNamed(ctx, c, strings.Clone(c.Params("code")))
	if err != nil {
		return err
	}
	who := asking(c).Principal
	if access.Decide(who, access.ManageSensors, access.Object{Place: placeOfSensor(s.Sensor)}) != access.Allow {
		why := fault.Forbidden("Cảm biến nằm ngoài địa bàn của bạn.").Because("right")
		return a.refuse(c, refused{access.ManageSensors, "sensor:" + s.Code, why})
	}
	units, err := a.unitsNow(ctx)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	change := changeOf(o, s.Sensor, units)
	if err := o.done(); err != nil {
		return err
	}
	if err := a.Intake.ChangeSensor(ctx, change, managing(who)); err != nil {
		return err
	}
	return a.sendSensor(ctx, c, s.Code)
}

// changeOf reads what a body makes of a sensor.
func changeOf(o *object, s sensor.Sensor, units map[string]bool) intake.SensorChange {
	change := intake.SensorChange{Version: o.whole("version")}
	if !o.given("version") {
		o.wrong("version", "required", "Thiếu trường version.")
	}
	set := func(name string, take func()) {
		if o.named(name) {
			take()
			change.Fields = append(change.Fields, name)
		}
	}
	for name, field := range map[string]*string{
		"name": &s.Name, "kind": &s.Kind, "unit": &s.Unit, "thing": &s.Thing, "field": &s.Field, "gateway": &s.Gateway, "note": &s.Note,
	} {
		set(name, func() { *field = o.text(name) })
	}
	set("owner", func() { s.Owner = readOwner(o, units) })
	for name, field := range map[string]*float64{"lat": &s.Lat, "lon": &s.Lon} {
		set(name, func() { *field = o.need(name) })
	}
	for name, field := range map[string]**float64{"min": &s.Min, "max": &s.Max, "max_rate": &s.MaxRate} {
		set(name, func() { *field = o.optional(name) })
	}
	for name, field := range map[string]*time.Duration{"stale_after_s": &s.StaleAfter, "stuck_after_s": &s.StuckAfter} {
		set(name, func() { *field = seconds(o, name) })
	}
	for name, field := range map[string]*bool{"stale_auto": &s.StaleAuto, "sample": &s.Sample} {
		set(name, func() { *field = o.flag(name) })
	}
	set("levels", func() { s.Levels = readLevels(o) })
	set("unconfirmed", func() { s.Unconfirmed = o.texts("unconfirmed") })
	set("standing", func() {
		to := sensor.Standing(o.text("standing"))
		switch {
		case to != sensor.Active && to != sensor.Retired:
			o.wrong("standing", "unknown", "Tình trạng là active hoặc retired.")
		case s.Standing == sensor.Proposed:
			o.wrong("standing", "proposed", "Cảm biến đang chờ duyệt; hãy duyệt hoặc từ chối đề nghị.")
		}
		s.Standing = to
	})
	slices.Sort(change.Fields)
	change.To = s
	return change
}

// importedSensors is what became of a table of sensors.
type importedSensors struct {
	DryRun   bool `json:"dry_run"`
	Lines    int  `json:"lines"`
	Accepted int  `json:"accepted"` // in a dry run: how many would be
	Known    int  `json:"known"`    // of those accepted, how many overwrite a sensor there is
	refusedLines
	Ignored []string `json:"ignored_columns"`
}

// postSensorImport takes a table of sensors. A dry run keeps nothing. A table with a bad line is refused as a whole unless
// skip_bad says to take the good ones.
func (a *API) postSensorImport(ctx context.Context, c *fiber.Ctx) error {
	q, wrongQuery := query(c, "dry_run", "skip_bad")
	dry, wrongDry := flagParam(q, "dry_run")
	skip, wrongSkip := flagParam(q, "skip_bad")
	if err := fault.Join(wrongQuery, wrongDry, wrongSkip); err != nil {
		return err
	}
	raw, err := tableBody(c, listBody)
	if err != nil {
		return err
	}
	units, err := a.unitList(ctx)
	if err != nil {
		return err
	}
	table, err := sheet.ReadSensors(raw, sheet.SensorWords{Kinds: sensor.Kinds(), Unit: unitFinder(units)})
	if err != nil {
		return err
	}
	known, err := a.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	answer := importedSensors{DryRun: dry, Lines: table.Lines(), Ignored: append([]string{}, table.Ignored...)}
	good, err := a.checkSensors(ctx, table, importingSensors(asking(c).Principal, known), &answer)
	if err != nil {
		return err
	}
	answer.Accepted = len(good)
	for _, s := range good {
		if _, ok := known[s.Code]; ok {
			answer.Known++
		}
	}
	switch {
	case dry:
		return send(c, fiber.StatusOK, answer)
	case len(answer.Refused) > 0 && !skip:
		answer.Accepted, answer.Known = 0, 0
		return send(c, fiber.StatusUnprocessableEntity, answer)
	}
	if len(good) > 0 {
		if err := a.Intake.ImportSensors(ctx, good); err != nil {
			return err
		}
	}
	return send(c, fiber.StatusOK, answer)
}

// importingSensors says why a line may not be taken: it lies outside what its bringer manages, or waits for a decision.
func importingSensors(who access.Principal, known map[string]store.Sensor) func(sensor.Sensor) error {
	may := managing(who)
	return func(s sensor.Sensor) error {
		if before, ok := known[s.Code]; ok && before.Standing == sensor.Proposed {
			return fault.Invalid("code", "Cảm biến mang mã này đang chờ duyệt; hãy duyệt hoặc từ chối trước.").Because("proposed")
		}
		return may(s)
	}
}

func unitFinder(units []store.Unit) func(string) (string, bool) {
	return func(text string) (string, bool) {
		folded := area.Fold(text)
		for _, u := range units {
			if strings.EqualFold(u.ID, text) || area.Fold(u.Name) == folded {
				return u.ID, true
			}
		}
		return "", false
	}
}

// checkSensors cleans the rows of a table and lists in answer what is wrong with the others, line by line.
func (a *API) checkSensors(ctx context.Context, t sheet.SensorTable, may func(sensor.Sensor) error, answer *importedSensors) ([]sensor.Sensor, error) {
	answer.unreadable(t.Wrong)
	list := make([]sensor.Sensor, len(t.Rows))
	for i, row := range t.Rows {
		list[i] = row.Sensor
	}
	clean, err := a.Intake.CheckSensors(ctx, list, may)
	bad := map[int]bool{}
	for _, e := range fault.Items(err) {
		if e.Index == nil {
			return nil, err // not about a line: the database, say
		}
		bad[*e.Index] = true
		answer.refuse(t.Rows[*e.Index].Line, t.Heading(e.Field), e)
	}
	var good []sensor.Sensor
	for i, s := range clean {
		if !bad[i] {
			good = append(good, s)
		}
	}
	answer.sort()
	return good, nil
}

// getSensorsCSV sends the registry as a table that the import takes back.
func (a *API) getSensorsCSV(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	w.UseCRLF = true
	head := append(sheet.SensorColumns(), "standing", "area")
	head[0] = "\ufeff" + head[0]
	rows := [][]string{head}
	for _, s := range sensors {
		if asking(c).Bounds.HoldsSensor(s.Code, placeOfSensor(s.Sensor)) {
			rows = append(rows, sensorCells(s))
		}
	}
	slices.SortFunc(rows[1:], func(x, y []string) int { return strings.Compare(x[0], y[0]) })
	if err := w.WriteAll(rows); err != nil {
		return fault.Internal(err)
	}
	return a.sendFile(c, "cam-bien", file.Bytes())
}

// sendFile answers with a CSV to be kept.
func (a *API) sendFile(c *fiber.Ctx, name string, raw []byte) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+"-"+a.Now().In(a.Location).Format("20060102-1504")+`.csv"`)
	c.Response().Header.SetContentType("text/csv; charset=utf-8; header=present")
	return c.Send(raw)
}

// sensorCells are a sensor's cells under sheet.SensorColumns, its standing and its area.
func sensorCells(s store.Sensor) []string {
	number := func(x *float64) string {
		if x == nil {
			return ""
		}
		return degrees(*x)
	}
	whole := func(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
	yes := func(b bool) string {
		if b {
			return "có"
		}
		return ""
	}
	cells := map[string]string{
		"code": s.Code, "name": s.Name, "kind": s.Kind, "unit": s.Unit, "lat": degrees(s.Lat), "lon": degrees(s.Lon),
		"thing": s.Thing, "field": s.Field, "gateway": s.Gateway, "owner": s.Owner, "stale_after_s": whole(s.StaleAfter),
		"stale_auto": yes(s.StaleAuto), "min": number(s.Min), "max": number(s.Max), "max_rate": number(s.MaxRate),
		"stuck_after_s": whole(s.StuckAfter), "levels": sensor.FormatLevels(s.Levels), "unconfirmed": strings.Join(s.Unconfirmed, "|"),
		"sample": yes(s.Sample), "note": s.Note,
	}
	numbers := []string{"lat", "lon", "min", "max", "max_rate", "stale_after_s", "stuck_after_s"}
	line := make([]string, 0, len(cells)+2)
	for _, name := range sheet.SensorColumns() {
		cell := cells[name]
		if !slices.Contains(numbers, name) {
			cell = sheet.Harmless(cell)
		}
		line = append(line, cell)
	}
	return append(line, string(s.Standing), s.Area)
}

// postProposals takes sensors that a key would like to be let in. They wait: readings of them are refused and counted until
// people have approved them.
func (a *API) postProposals(ctx context.Context, c *fiber.Ctx) error {
	key, err := a.need(ctx, c, auth.RightProvision)
	if err != nil {
		return err
	}
	list, err := a.readSensors(ctx, c, key)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Origin = string(originOf(key))
	}
	within := a.sensorWithin(key)
	standing, err := a.Intake.ProposeSensors(ctx, list, key.Name(), within)
	if err != nil {
		return err
	}
	type stands struct {
		Code     string `json:"code"`
		Standing string `json:"standing"`
	}
	shown := []stands{}
	for _, s := range list {
		shown = append(shown, stands{s.Code, string(standing[s.Code])})
	}
	return send(c, fiber.StatusAccepted, map[string]any{"sensors": shown})
}

// mostDecided is how many proposals one request may decide.
const mostDecided = 500

// postDecisions approves or refuses proposed sensors, one by one or several.
func (a *API) postDecisions(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	d := store.SensorDecision{Codes: o.texts("codes"), By: actor(asking(c).Principal)}
	word := o.text("decision")
	d.Approve = word == "approve"
	if word != "approve" && word != "refuse" {
		o.wrong("decision", "unknown", "Quyết định là approve hoặc refuse.")
	}
	d.Why = o.phrase("why", 0, mostNote)
	if word == "refuse" && d.Why == "" {
		o.wrong("why", "required", "Từ chối thì phải ghi lý do.")
	}
	if n := len(d.Codes); n == 0 || n > mostDecided {
		o.wrong("codes", "too_many_items", "Mỗi lần quyết định từ 1 đến %d cảm biến.", mostDecided)
	}
	if err := o.done(); err != nil {
		return err
	}
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	var faults []error
	may := managing(asking(c).Principal)
	for i, code := range d.Codes {
		s, ok := sensors[code]
		if !ok {
			faults = append(faults, fault.At(i, errNoSensor))
			continue
		}
		faults = append(faults, fault.At(i, may(s.Sensor)))
	}
	if err := fault.Join(faults...); err != nil {
		return err
	}
	decided, err := a.Intake.DecideSensors(ctx, d)
	if err != nil {
		return err
	}
	slices.Sort(decided)
	return send(c, fiber.StatusOK, map[string]any{"decided": append([]string{}, decided...), "already": len(d.Codes) - len(decided)})
}
