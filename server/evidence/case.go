package evidence

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"toancanh/server/area"
	"toancanh/server/incident"
	"toancanh/server/report"
	"toancanh/server/view"
)

// Case is the whole of an incident as somebody may see it, ready to be put into files.
type Case struct {
	Centre   string // who makes it, in words
	Viewer   string // in which role it was asked for
	AreaName string
	Incident incident.Incident
	Log      []incident.Entry
	Tasks    []incident.Task
	Units    map[string]string // names
	Reports  []ReportOf
	Hidden   int // reports that the viewer may not read
	Alarms   []AlarmOf
	Sensors  map[string]SensorOf
	Readings []Reading
	CutShort bool // there were more readings than a pack takes
	From, To time.Time
	Files    []Attached
	Photos   []Photo
	LeftOut  int    // photos without a covered copy, or beyond what a pack takes
	Map      []byte // SVG; nil without one
	Warnings []Warning
	Location *time.Location
}

// ReportOf is a report with its story.
type ReportOf struct {
	Report   report.Report
	Category string
	Timeline []report.Entry
}

// AlarmOf is an alarm with its story. What it says is what the room saw.
type AlarmOf struct {
	ID      string       `json:"id"`
	Shown   any          `json:"alarm"`
	Label   string       `json:"-"`
	Name    string       `json:"-"`
	Entries []AlarmEntry `json:"entries"`
}

// AlarmEntry is what happened to an alarm.
type AlarmEntry struct {
	N      int64     `json:"n"`
	At     time.Time `json:"at"`
	Act    string    `json:"act"`
	From   string    `json:"from,omitempty"`
	To     string    `json:"to,omitempty"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Text   string    `json:"text,omitempty"`
}

// SensorOf is a sensor whose readings are in the pack.
type SensorOf struct {
	Name, Kind, Unit, Origin string
	Lat, Lon                 float64
}

// Reading is one value.
type Reading struct {
	Sensor string
	At     time.Time
	Value  float64
}

// Attached is a file of the incident with its content.
type Attached struct {
	incident.Attachment
	At      time.Time
	Content []byte
}

// Photo is the covered copy of a report's photo.
type Photo struct {
	Report  string // code
	N       int
	Content []byte
}

// Warning names a CAP message that was in force there and then.
type Warning struct {
	ID       string    `json:"id"`
	Headline string    `json:"headline"`
	Event    string    `json:"event"`
	Source   string    `json:"source"`
	Sent     time.Time `json:"sent"`
	File     string    `json:"file"`
	Body     []byte    `json:"-"` // the message itself
}

// line is one line of the story of the whole.
type line struct {
	At     time.Time `json:"at"`
	About  string    `json:"about"` // the incident's code, a report's, or an alarm's target
	What   string    `json:"what"`
	By     string    `json:"by,omitempty"`
	Text   string    `json:"text,omitempty"`
	Reason string    `json:"reason,omitempty"`
	order  int
}

// Pack makes the files of a case. Free words are redacted once more: the file leaves the house.
func (c Case) Pack() ([]File, error) {
	story := c.story()
	page, err := c.page(story)
	if err != nil {
		return nil, err
	}
	parts := []struct {
		name string
		body any
	}{
		{"incident.json", c.incident()},
		{"timeline.json", story},
		{"log.json", c.log()},
		{"tasks.json", c.tasks()},
		{"reports.json", c.reports()},
		{"alarms.json", append([]AlarmOf{}, c.Alarms...)},
		{"attachments.json", c.attached()},
		{"warnings.json", c.warnings()},
	}
	files := []File{{"README.txt", []byte(c.readme())}, {"timeline.html", page}}
	for _, p := range parts {
		raw, err := json.MarshalIndent(p.body, "", " ")
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", p.name, err)
		}
		files = append(files, File{p.name, append(raw, '\n')})
	}
	readings, err := c.readings()
	if err != nil {
		return nil, err
	}
	files = append(files, File{"readings.csv", readings})
	if c.Map != nil {
		files = append(files, File{"map.svg", c.Map})
	}
	for _, w := range c.warnings() {
		files = append(files, File{w.File, w.Body})
	}
	for n, f := range c.Files {
		files = append(files, File{attachedName(n, f), f.Content})
	}
	for _, p := range c.Photos {
		files = append(files, File{fmt.Sprintf("photos/%s-%02d.jpg", p.Report, p.N), p.Content})
	}
	return files, nil
}

// attachedName is a name that every archiver writes the same way; attachments.json says what the file was called.
func attachedName(n int, f Attached) string {
	return fmt.Sprintf("attachments/%02d-%s%s", n+1, f.ID, strings.ToLower(path.Ext(f.Name)))
}

func (c Case) incident() any {
	i := c.Incident
	return struct {
		view.Incident
		AreaName string    `json:"area_name"`
		ByRule   bool      `json:"by_rule"`
		FirstAt  time.Time `json:"first_at"`
		LastAt   time.Time `json:"last_at"`
		Reason   string    `json:"reason"`
		Closing  string    `json:"closing"`
		Hidden   int       `json:"reports_not_shown"`
	}{c.shown(i), c.AreaName, i.ByRule, i.FirstAt, i.LastAt, view.Redact(i.Reason), view.Redact(i.Closing), c.Hidden}
}

// shown is the incident without the names of reports that the viewer may not read.
func (c Case) shown(i incident.Incident) view.Incident {
	v := view.OpsIncident(i)
	v.Title, v.Reports = view.Redact(v.Title), []string{}
	for _, r := range c.Reports {
		v.Reports = append(v.Reports, r.Report.ID)
	}
	return v
}

func (c Case) log() any {
	type entry struct {
		N      int64           `json:"n"`
		At     time.Time       `json:"at"`
		Act    string          `json:"act"`
		Label  string          `json:"label"`
		By     string          `json:"by"`
		As     string          `json:"as"`
		Text   string          `json:"text"`
		Reason string          `json:"reason"`
		Detail incident.Detail `json:"detail"`
	}
	list := []entry{}
	for _, e := range c.Log {
		e.Detail.Things = c.seen(e.Detail.Things)
		list = append(list, entry{e.N, e.At, string(e.Act), e.Act.Label(), e.By.Name, e.By.As, view.Redact(e.Text), view.Redact(e.Reason), e.Detail})
	}
	return list
}

// seen are the things without the reports that the viewer may not read.
func (c Case) seen(refs []incident.Ref) []incident.Ref {
	return slices.DeleteFunc(slices.Clone(refs), func(r incident.Ref) bool {
		return r.Kind == incident.AReport && !slices.ContainsFunc(c.Reports, func(own ReportOf) bool { return own.Report.ID == r.ID })
	})
}

func (c Case) tasks() any {
	type task struct {
		N        int        `json:"n"`
		State    string     `json:"state"`
		Text     string     `json:"text"`
		Unit     string     `json:"unit"`
		UnitName string     `json:"unit_name"`
		Due      *time.Time `json:"due"`
		GivenAt  time.Time  `json:"given_at"`
		GivenBy  string     `json:"given_by"`
		AckedAt  *time.Time `json:"acked_at"`
		AckedBy  string     `json:"acked_by"`
		EndedAt  *time.Time `json:"ended_at"`
		EndedBy  string     `json:"ended_by"`
		Result   string     `json:"result"`
	}
	list := []task{}
	for _, t := range c.Tasks {
		list = append(list, task{
			t.N, string(t.State), view.Redact(t.Text), t.Unit, c.unit(t.Unit), t.Due, t.GivenAt, t.GivenBy.Name, t.AckedAt, t.AckedBy.Name, t.EndedAt, t.EndedBy.Name,
			view.Redact(t.Result),
		})
	}
	return list
}

func (c Case) unit(id string) string {
	if name := c.Units[id]; name != "" {
		return name
	}
	return id
}

func (c Case) reports() any {
	type act struct {
		N    int64     `json:"n"`
		At   time.Time `json:"at"`
		Act  string    `json:"act"`
		From string    `json:"from"`
		To   string    `json:"to"`
		Unit string    `json:"unit,omitempty"`
	}
	type shown struct {
		view.OpsReport
		CategoryName string `json:"category_name"`
		Acts         []act  `json:"acts"`
	}
	list := []shown{}
	for _, r := range c.Reports {
		v := view.Ops(r.Report)
		for _, text := range []*string{&v.Description, &v.Address, &v.Reason, &v.Answer, &v.PublicText} {
			*text = view.Redact(*text)
		}
		s := shown{OpsReport: v, CategoryName: r.Category, Acts: []act{}}
		for _, e := range r.Timeline {
			s.Acts = append(s.Acts, act{e.N, e.At, string(e.Act), string(e.From), string(e.To), e.Unit})
		}
		list = append(list, s)
	}
	return list
}

func (c Case) attached() any {
	type attached struct {
		incident.Attachment
		At   time.Time `json:"at"`
		File string    `json:"file"`
	}
	list := []attached{}
	for n, f := range c.Files {
		list = append(list, attached{f.Attachment, f.At, attachedName(n, f)})
	}
	return list
}

// warnings are the messages with the files they lie in.
func (c Case) warnings() []Warning {
	list := append([]Warning{}, c.Warnings...)
	for n := range list {
		list[n].File = fmt.Sprintf("warnings/%02d.xml", n+1)
	}
	return list
}

func (c Case) readings() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"at", "sensor", "name", "kind", "value", "unit", "lat", "lon", "origin"}}
	for _, r := range c.Readings {
		s := c.Sensors[r.Sensor]
		rows = append(rows, []string{
			r.At.UTC().Format(time.RFC3339Nano), r.Sensor, s.Name, s.Kind, number(r.Value), s.Unit, number(s.Lat), number(s.Lon), s.Origin,
		})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write readings: %w", err)
	}
	return b.Bytes(), nil
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// story is everything that happened, in order.
func (c Case) story() []line {
	lines := []line{}
	code := c.Incident.Code()
	for _, e := range c.Log {
		lines = append(lines, line{At: e.At, About: code, What: e.Act.Label() + c.detail(e), By: who(e.By), Text: view.Redact(e.Text), Reason: view.Redact(e.Reason)})
	}
	for _, r := range c.Reports {
		for _, e := range r.Timeline {
			l := line{At: e.At, About: r.Report.Code, What: e.Act.Label(), By: "Cán bộ"}
			switch {
			case e.Act == report.Receive:
				l.By, l.Text = "Người phản ánh", view.Summary(view.Ops(r.Report).Description)
			case e.Actor == report.Citizen:
				l.By = "Người phản ánh"
			}
			if r.Report.WithdrawnAt == nil && e.Act != report.Receive {
				l.Text, l.Reason = view.Redact(e.Text), view.Redact(e.Reason)
			}
			if e.Unit != "" {
				l.What += ": " + c.unit(e.Unit)
			}
			lines = append(lines, l)
		}
	}
	for _, a := range c.Alarms {
		for _, e := range a.Entries {
			lines = append(lines, line{At: e.At, About: a.Name, What: a.Label + ": " + e.Act, By: e.By, Text: view.Redact(e.Text), Reason: view.Redact(e.Reason)})
		}
	}
	for n := range lines {
		lines[n].At, lines[n].order = lines[n].At.UTC(), n
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.At.Compare(b.At) })
	return lines
}

func who(p incident.Person) string {
	switch {
	case p.ID == "":
		return "Hệ thống"
	case p.As == "":
		return p.Name
	}
	return p.Name + " (" + p.As + ")"
}

// detail is what an entry names beside its words.
func (c Case) detail(e incident.Entry) string {
	d := e.Detail
	switch {
	case d.Told != nil:
		return fmt.Sprintf(" (%d phản ánh, %d thư)", d.Told.Reports, d.Told.Mails)
	case d.Attachment != nil:
		return ": " + d.Attachment.Name
	case d.Person != nil:
		return ": " + d.Person.Name
	case d.Unit != "":
		return ": " + c.unit(d.Unit)
	case len(d.Things) > 0:
		return fmt.Sprintf(" (%d mục)", len(d.Things))
	}
	return ""
}

func (c Case) page(story []line) ([]byte, error) {
	var b bytes.Buffer
	err := sheet().Execute(&b, struct {
		Case
		Code, Title, State, Kind, Closing string
		Story                             []line
	}{c, c.Incident.Code(), view.Redact(c.Incident.Title), c.Incident.State.Label(), c.Incident.Family.Label(), view.Redact(c.Incident.Closing), story})
	if err != nil {
		return nil, fmt.Errorf("draw timeline: %w", err)
	}
	return b.Bytes(), nil
}

// Moment is a time as people here write it.
func (c Case) Moment(at time.Time) string { return at.In(c.Location).Format("15:04:05 02/01/2006") }

// Commander is who commands, with the role.
func (c Case) Commander() string { return who(c.Incident.Commander) }

// TaskWord is the state of a task in Vietnamese.
func (c Case) TaskWord(t incident.Task) string {
	return map[incident.TaskState]string{
		incident.TaskGiven: "đã giao", incident.TaskAcked: "đã xác nhận", incident.TaskDone: "đã xong", incident.TaskCancelled: "thôi giao",
	}[t.State]
}

// UnitName is what people call a unit.
func (c Case) UnitName(id string) string { return c.unit(id) }

// Redacted is a text without what reaches a person.
func (c Case) Redacted(text string) string { return view.Redact(text) }

func sheet() *template.Template {
	return template.Must(template.New("timeline").Parse(`<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>{{.Code}} {{.Title}}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:14px/1.5 "Liberation Sans",Arial,sans-serif;margin:2rem;color:#111;background:#fff}h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #777;padding:.25rem .5rem;text-align:left;vertical-align:top}td.at{white-space:nowrap;font-variant-numeric:tabular-nums}
.words{white-space:pre-line}.band{border:2px solid #111;padding:.25rem .5rem;font-weight:700}@media print{body{margin:0}tr{break-inside:avoid}}</style></head><body>
{{if ne .Incident.Origin "real"}}<p class="band">DỮ LIỆU KHÔNG PHẢI THỰC TẾ ({{.Incident.Origin}})</p>{{end}}
<p>{{.Centre}}</p><h1>{{.Code}}: {{.Title}}</h1>
<p>{{.Kind}} · {{.AreaName}} · {{.State}} · chỉ huy: {{.Commander}}</p>
<p>Hồ sơ theo phiên bản {{.Incident.Version}}, lúc {{.Moment .Incident.ChangedAt}}; lập theo quyền của: {{.Viewer}}.</p>
{{with .Closing}}<h2>Báo cáo kết thúc</h2><p class="words">{{.}}</p>{{end}}
<h2>Nhiệm vụ</h2><table><tr><th>Số<th>Đơn vị<th>Việc<th>Tình trạng<th>Kết quả</tr>
{{range .Tasks}}<tr><td>{{.N}}<td>{{$.UnitName .Unit}}<td class="words">{{$.Redacted .Text}}<td>{{$.TaskWord .}}<td class="words">{{$.Redacted .Result}}</tr>
{{else}}<tr><td colspan="5">Không giao nhiệm vụ nào.</tr>{{end}}</table>
<h2>Diễn biến</h2><table><tr><th>Lúc<th>Mục<th>Việc<th>Ai<th>Nội dung</tr>
{{range .Story}}<tr><td class="at">{{$.Moment .At}}<td>{{.About}}<td>{{.What}}<td>{{.By}}<td class="words">{{.Text}}{{with .Reason}} {{.}}{{end}}</tr>
{{end}}</table></body></html>
`))
}

func (c Case) readme() string {
	var b strings.Builder
	i := c.Incident
	fmt.Fprintf(&b, "HỒ SƠ CHỨNG CỨ %s\n%s\n%s, %s\n\n", i.Code(), view.Redact(i.Title), c.Centre, c.AreaName)
	if i.Origin != string(report.Real) {
		fmt.Fprintf(&b, "DỮ LIỆU KHÔNG PHẢI THỰC TẾ (%s).\n\n", i.Origin)
	}
	fmt.Fprintf(&b, "Tình trạng: %s, phiên bản %d, lúc %s.\nLập theo quyền của: %s. Không có liên hệ của người phản ánh; số điện thoại, giấy tờ, biển số và địa chỉ thư trong lời văn đã được che.\n",
		i.State.Label(), i.Version, c.Moment(i.ChangedAt), c.Viewer)
	if c.Hidden > 0 {
		fmt.Fprintf(&b, "%d phản ánh của sự cố không có ở đây vì người lập hồ sơ không được xem.\n", c.Hidden)
	}
	if c.LeftOut > 0 {
		fmt.Fprintf(&b, "%d ảnh không có ở đây: chưa được che, hoặc vượt giới hạn của hồ sơ.\n", c.LeftOut)
	}
	fmt.Fprintf(&b, "Số đo: các cảm biến trong vòng %.0f km hoặc cùng xã, từ %s đến %s.\n", incident.NearKM, c.Moment(c.From), c.Moment(c.To))
	if c.CutShort {
		b.WriteString("Số đo nhiều hơn giới hạn của hồ sơ; các số đo muộn hơn không có ở đây.\n")
	}
	b.WriteString(`
Các tệp
  timeline.html, timeline.json  mọi diễn biến theo thời gian
  incident.json, log.json       sự cố và nhật ký của nó
  tasks.json                    nhiệm vụ đã giao
  reports.json, photos/         phản ánh, và ảnh đã che
  alarms.json                   cảnh báo và việc đã làm với chúng
  readings.csv                  số đo quanh nơi xảy ra
  attachments.json, attachments/  tệp đính kèm
  map.svg                       bản đồ
  warnings.json, warnings/      thông điệp cảnh báo CAP có hiệu lực khi đó

Kiểm tra, không cần mạng
  sha256sum -c MANIFEST.sha256
  openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in MANIFEST.sha256 -sigfile MANIFEST.sig
  hoặc: toancanh evidence verify <tệp zip>
Sau đó so dấu của khóa (public.pem) với dấu mà trung tâm công bố: toancanh evidence verify in ra dấu đó.
`)
	return b.String()
}

// Near reports whether a sensor stands near enough to an incident for its readings to be evidence.
func Near(i incident.Incident, at area.Point, division, commune string) bool {
	return i.Point.DistanceKM(at) <= incident.NearKM || division == i.Division && commune == i.Area
}
