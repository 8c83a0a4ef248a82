package api

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/sheet"
	"toancanh/server/store"
	"toancanh/server/view"
)

// Bounds of an export.
const (
	mostExported = 100_000
	exportLimit  = 60 * time.Second // from the first line to the last, however slow the reader is
)

// exporter writes reports as lines of a file.
type exporter interface {
	begin() error
	write(view.OpsReport) error
	end() error
}

// getExport sends every report that a filter finds, as a file. More than there is room for is refused, never cut off.
func (a *API) getExport(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).acting() // a desk shows the list to whoever stands before it; taking it away is somebody's deed
	if !access.May(who, access.ListReports) {
		return refusal(asking(c), access.ListReports)
	}
	a.sign(c, who)
	q, err := query(c, append(filterParams(), "format")...)
	if err != nil {
		return err
	}
	f, err := a.filter(ctx, q)
	if format := q["format"]; format != "" && format != "csv" && format != "geojson" {
		err = fault.Join(err, fault.Invalid("format", "Chỉ xuất được csv hoặc geojson.").Because("unknown"))
	}
	if err != nil {
		return err
	}
	f.Reach = access.ReachOf(who, access.ListReports)
	f.Order, f.Limit = store.ByReceived, store.MostRows // nothing that happens meanwhile moves a report in this order
	total, err := a.Store.Count(ctx, f, mostExported)
	if err != nil {
		return err
	}
	if !total.Exact {
		return fault.Invalid("", "Bộ lọc có hơn %d phản ánh, nhiều hơn một lần xuất được; xin thu hẹp, ví dụ theo tháng.", mostExported).Because("too_many")
	}
	if err := a.noteExport(c, q, total.Count); err != nil {
		return err
	}
	a.streamExport(c, f, q["format"])
	c.Set("Export-Rows", strconv.Itoa(total.Count))
	return nil
}

// noteExport keeps who took what away. The words searched for may be about somebody: that there were any is enough.
func (a *API) noteExport(c *fiber.Ctx, q map[string]string, n int) error {
	if a.People == nil {
		return nil
	}
	by := maps.Clone(q)
	if by["q"] != "" {
		by["q"] = "…"
	}
	raw, err := json.Marshal(map[string]any{"filter": by, "reports": n})
	if err != nil {
		return fault.Internal(err)
	}
	row := audit.Row{What: "report.export", Object: "reports", Result: audit.Done, Detail: string(raw)}
	return a.People.KeepAudit(c.UserContext(), row)
}

// streamExport writes the file page by page behind the answer's head. Whatever fails there breaks the connection off, so
// that nobody takes half a file for a whole one.
func (a *API) streamExport(c *fiber.Ctx, f store.Filter, format string) {
	units := view.NewLens(a.Location, a.Units)
	name := "phan-anh-" + a.Now().In(a.Location).Format("20060102-1504") + "." + cmp.Or(format, "csv")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	media := "text/csv; charset=utf-8; header=present"
	if format == "geojson" {
		media = "application/geo+json"
	}
	c.Response().Header.SetContentType(media)
	c.Response().SetConnectionClose()
	conn := c.Context().Conn()
	outer := context.WithoutCancel(c.UserContext())
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		ctx, cancel := context.WithTimeout(outer, exportLimit)
		defer cancel()
		_ = conn.SetWriteDeadline(a.Now().Add(exportLimit))
		var file exporter = &csvFile{csv: csv.NewWriter(w), api: a, lens: units}
		if format == "geojson" {
			file = &geoFile{w: w}
		}
		if err := a.export(ctx, f, file); err != nil {
			a.Log.LogAttrs(ctx, slog.LevelWarn, "export was broken off", slog.Any("err", err))
			_ = conn.Close()
		}
	})
}

func (a *API) export(ctx context.Context, f store.Filter, file exporter) error {
	if err := file.begin(); err != nil {
		return err
	}
	for {
		list, next, err := a.Store.List(ctx, f)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := file.write(exported(r)); err != nil {
				return err
			}
		}
		if next == "" {
			return file.end()
		}
		f.Cursor = next
	}
}

// exported is a report as it leaves the house: what names a resident in its words is hidden.
func exported(r report.Report) view.OpsReport {
	o := view.Ops(r)
	o.Description, o.Address, o.PublicText = view.Redact(o.Description), view.Redact(o.Address), view.Redact(o.PublicText)
	return o
}

// csvFile is RFC 4180 with a byte order mark, without which spreadsheets take UTF-8 for something else.
type csvFile struct {
	csv  *csv.Writer
	api  *API
	lens view.Lens
}

func (f *csvFile) begin() error {
	f.csv.UseCRLF = true
	return f.csv.Write([]string{
		"\ufeffMã", "Nhận lúc", "Trạng thái", "Ưu tiên", "Khẩn cấp", "Lĩnh vực", "Mã địa bàn", "Địa bàn", "Địa chỉ", "Vĩ độ", "Kinh độ", "Mô tả",
		"Đơn vị", "Hạn đang chạy", "Xong lúc", "Kết quả công khai", "Cửa tiếp nhận",
	})
}

func (f *csvFile) write(r view.OpsReport) error {
	category, _ := f.api.Rules.Category(r.Category)
	place, _ := f.api.Atlas.Tree.Get(r.Division, r.Area)
	urgent := ""
	if r.Emergency {
		urgent = "khẩn cấp"
	}
	cells := []string{
		r.Code, f.at(&r.ReceivedAt), report.Status(r.Status).Label(), report.Priority(r.Priority).Label(), urgent, category.Name, r.Area,
		place.Title(), r.Address, degrees(r.Location.Lat), degrees(r.Location.Lon), r.Description, f.lens.UnitName(r.Unit), f.at(r.Due.Running),
		f.at(r.ClosedAt), r.PublicText, r.Source,
	}
	for i, cell := range cells {
		cells[i] = sheet.Harmless(cell)
	}
	return f.csv.Write(cells)
}

func (f *csvFile) end() error {
	f.csv.Flush()
	return f.csv.Error()
}

// at is a time as the centre's clocks show it, with its offset.
func (f *csvFile) at(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(f.api.Location).Format(time.RFC3339)
}

func degrees(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// geoFile is a FeatureCollection of RFC 7946.
type geoFile struct {
	w   io.Writer
	any bool
}

// feature is a report in GeoJSON.
type feature struct {
	Type     string `json:"type"`
	ID       string `json:"id"`
	Geometry struct {
		Type        string     `json:"type"`
		Coordinates [2]float64 `json:"coordinates"` // longitude first
	} `json:"geometry"`
	Properties featureProperties `json:"properties"`
}

type featureProperties struct {
	Code        string     `json:"code"`
	Origin      string     `json:"origin"`
	Category    string     `json:"category"`
	Status      string     `json:"status"`
	Priority    string     `json:"priority"`
	Emergency   bool       `json:"emergency"`
	Division    string     `json:"division"`
	Area        string     `json:"area"`
	Address     string     `json:"address"`
	Description string     `json:"description"`
	Unit        string     `json:"unit"`
	Source      string     `json:"source"`
	ReceivedAt  time.Time  `json:"received_at"`
	DueAt       *time.Time `json:"due_at"`
	ClosedAt    *time.Time `json:"closed_at"`
	PublicText  string     `json:"public_text"`
}

func (f *geoFile) begin() error {
	_, err := io.WriteString(f.w, `{"type":"FeatureCollection","features":[`)
	return err
}

func (f *geoFile) write(r view.OpsReport) error {
	one := feature{Type: "Feature", ID: r.Code, Properties: featureProperties{
		Code: r.Code, Origin: r.Origin, Category: r.Category, Status: r.Status, Priority: r.Priority, Emergency: r.Emergency,
		Division: r.Division, Area: r.Area, Address: r.Address, Description: r.Description, Unit: r.Unit, Source: r.Source,
		ReceivedAt: r.ReceivedAt, DueAt: r.Due.Running, ClosedAt: r.ClosedAt, PublicText: r.PublicText,
	}}
	one.Geometry.Type, one.Geometry.Coordinates = "Point", [2]float64{r.Location.Lon, r.Location.Lat}
	raw, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("encode report %s: %w", r.ID, err)
	}
	if f.any {
		raw = slices.Insert(raw, 0, ',')
	}
	f.any = true
	_, err = f.w.Write(append(raw, '\n'))
	return err
}

func (f *geoFile) end() error {
	_, err := io.WriteString(f.w, "]}\n")
	return err
}
