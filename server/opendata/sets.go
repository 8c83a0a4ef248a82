package opendata

import (
	"fmt"
	"math"
	"time"

	"toancanh/server/area"
	"toancanh/server/disclosure"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// allSets are the datasets. Whoever adds a column meets TestDatasetsHoldTheseColumnsAndNoOthers.
func allSets() []set {
	return []set{situation(), categories(), received(), results(), sensors(), warnings(), areas()}
}

func counted(s *source) time.Time { return s.picture.At }

// batched is the quarter hour in which facts of single reports last left.
func batched(s *source) time.Time {
	if s.picture.BatchAt.IsZero() {
		return s.picture.At
	}
	return s.picture.BatchAt
}

// Columns of more than one dataset.
func (c column) orNull() column { c.maybe = true; return c }

func col(name string, k kind, vi, en string) column {
	return column{name: name, kind: k, say: [2]string{vi, en}}
}

func oneOf(name, vi, en string, values ...string) column {
	c := col(name, text, vi, en)
	c.among = values
	return c
}

func divisionColumn() column {
	return col("division", text, "Bộ địa giới của mã địa bàn", "Set of administrative areas the code belongs to")
}

func areaColumn() column { return col("area", text, "Mã địa bàn", "Code of the area") }

func areaName() column { return col("area_name", text, "Tên địa bàn", "Name of the area") }

func latColumn() column {
	return col("lat", number, "Vĩ độ (WGS 84)", "Latitude (WGS 84)").orNull()
}

func lonColumn() column {
	return col("lon", number, "Kinh độ (WGS 84)", "Longitude (WGS 84)").orNull()
}

// told are the columns of a protected number.
func told(wider column) []column {
	return []column{
		oneOf("measure", "Số gì: open chưa xử lý xong; late trong đó quá hạn; recent tiếp nhận trong 24 giờ; resolved kết quả công khai trong 30 ngày; kept trong đó đúng hẹn; missed trong đó trễ hẹn",
			"What is counted: open; late (open and past the promised day); recent (received in 24 hours); resolved (results published in 30 days); kept and missed (of these, by the promised day or later)",
			measures()...),
		col("value", whole, "Số của chính nơi này, hẹp hơn toàn tỉnh thì theo đợt 15 phút gần nhất; rỗng khi số được gộp hoặc nhỏ hơn 5", "The number of the very place, of one narrower than the province as of the newest batch (every 15 minutes); null where it is told only with others or is below five").orNull(),
		wider,
		col("of_value", whole, "Số của nơi ghi ở cột of", "The number of the place named in of").orNull(),
		col("less", yesNo, "Nhỏ hơn 5, không nêu", "Below five and not told"),
	}
}

func measures() []string {
	var list []string
	for _, m := range disclosure.Measures() {
		list = append(list, string(m))
	}
	return list
}

// numbers are the cells of a place's numbers, in the order of the measures.
func numbers(n store.PublicNumbersOf) [][]any {
	var list [][]any
	for i, x := range []disclosure.Number{n.Open, n.Late, n.Recent, n.Resolved, n.Kept, n.Missed} {
		cells := []any{measures()[i], nil, nil, nil, x.Less}
		own, exact := x.Exact()
		switch {
		case exact:
			cells[1] = own
		case x.Of != "":
			cells[2] = x.Of
			if !x.Less {
				cells[3] = x.N
			}
		}
		list = append(list, cells)
	}
	return list
}

func situation() set {
	return set{
		Set: Set{
			ID: "situation", Every: "PT5S", Protected: true, Places: true,
			Title: [2]string{"Tình hình phản ánh theo địa bàn", "Reports by area"},
			Text: [2]string{
				"Sáu con số của từng tỉnh, huyện, xã: bao nhiêu phản ánh chưa xử lý xong, quá hạn, mới tiếp nhận, đã có kết quả, đúng hẹn, trễ hẹn.",
				"Six numbers of every area: reports open, overdue, received lately, resolved, kept and missed.",
			},
		},
		columns: append([]column{divisionColumn(), areaColumn(), areaName()},
			append(told(col("of", text, "Mã địa bàn rộng hơn mà số này được gộp vào; rỗng khi là số của chính nơi này", "Code of the wider area the number is told with").orNull()), latColumn(), lonColumn())...),
		filters: []string{"division", "area", "measure"},
		asOf:    counted,
		input:   func(s *source) any { return []any{s.picture.Counts, s.maps} },
		rows: func(_ *Door, s *source) []row {
			var rows []row
			for _, n := range s.picture.Counts {
				at := s.places[[2]string{n.Division, n.Area}]
				for i, cells := range numbers(n.PublicNumbersOf) {
					cells = append([]any{n.Division, n.Area, at.title()}, cells...)
					rows = append(rows, row{key: fmt.Sprintf("%s/%s/%d", n.Division, n.Area, i), cells: append(cells, at.lat(), at.lon()), shape: at.point()})
				}
			}
			return rows
		},
	}
}

func categories() set {
	return set{
		Set: Set{
			ID: "categories", Every: "PT5S", Protected: true,
			Title: [2]string{"Tình hình phản ánh theo lĩnh vực", "Reports by category"},
			Text: [2]string{
				"Cũng sáu con số ấy của từng lĩnh vực (môi trường, giao thông…) trên toàn tỉnh.",
				"The same six numbers of every category in the whole province.",
			},
		},
		columns: append([]column{col("category", text, "Mã lĩnh vực", "Code of the category"), col("category_name", text, "Tên lĩnh vực", "Name of the category")},
			told(oneOf("of", "* khi số được gộp với các lĩnh vực ít phản ánh khác", "* where the number is told with other small categories", disclosure.Others).orNull())...),
		filters: []string{"category", "measure"},
		asOf:    counted,
		input:   func(s *source) any { return s.picture.Categories },
		rows: func(d *Door, s *source) []row {
			var rows []row
			for _, n := range s.picture.Categories {
				for i, cells := range numbers(n.PublicNumbersOf) {
					cells = append([]any{n.Category, d.category(n.Category)}, cells...)
					rows = append(rows, row{key: fmt.Sprintf("%s/%d", n.Category, i), cells: cells})
				}
			}
			return rows
		},
	}
}

func received() set {
	return set{
		Set: Set{
			ID: "received", Every: "PT15M", Protected: true, Places: true,
			Title: [2]string{"Phản ánh đã tiếp nhận theo địa bàn, lĩnh vực và tuần", "Reports received by area, category and week"},
			Text: [2]string{
				"Mỗi dòng là số phản ánh nhận được của một xã, một lĩnh vực, một tuần; chỗ nào ít hơn 5 thì gộp vào địa bàn rộng hơn hoặc khoảng thời gian dài hơn, ghi rõ trong dòng.",
				"Each row counts reports of one commune, category and week; where there are fewer than five, of a wider area or a longer time, which the row names.",
			},
		},
		columns: []column{
			divisionColumn(), areaColumn(), areaName(),
			col("category", text, "Mã lĩnh vực; rỗng: các lĩnh vực quá ít phản ánh, gộp chung", "Code of the category; null: all that are too rare, together").orNull(),
			col("category_name", text, "Tên lĩnh vực", "Name of the category").orNull(),
			col("from", day, "Ngày đầu (thứ hai)", "First day (a Monday)"),
			col("until", day, "Ngày cuối, tính cả ngày này", "Last day, inclusive"),
			col("rest", yesNo, "Phần còn lại: những gì dòng khác cùng lĩnh vực, cùng thời gian không đếm trong địa bàn này", "The rest: what no other row of the category and the time counts in the area"),
			col("value", whole, "Số phản ánh, từ 5 trở lên", "Number of reports, five or more"),
			latColumn(), lonColumn(),
		},
		filters: []string{"area", "category"},
		span:    "from",
		asOf:    batched,
		input:   func(s *source) any { return []any{s.mark, s.maps} },
		rows: func(d *Door, s *source) []row {
			var rows []row
			for _, c := range s.cells {
				at := s.places[[2]string{d.Division, c.Area}]
				var code, name any
				if c.Category != "" {
					code, name = c.Category, d.category(c.Category)
				}
				rows = append(rows, row{
					key: fmt.Sprintf("%s/%s/%s/%s/%t", newest(c.From), c.Until.Format(time.DateOnly), c.Category, c.Area, c.Rest), shape: at.point(),
					cells: []any{
						d.Division, c.Area, at.title(), code, name, c.From.Format(time.DateOnly), c.Until.Format(time.DateOnly), c.Rest, c.N, at.lat(), at.lon(),
					},
				})
			}
			return rows
		},
	}
}

// newest is a key by which what is later comes first.
func newest(t time.Time) string { return fmt.Sprintf("%012d", math.MaxInt32*int64(100)-t.Unix()) }

func results() set {
	return set{
		Set: Set{
			ID: "results", Every: "PT15M", Places: true,
			Title: [2]string{"Kết quả xử lý đã công khai", "Published results"},
			Text: [2]string{
				"10.000 kết quả mới nhất mà cán bộ đã soát và công khai: lĩnh vực, xã, ngày, lời trả lời. Nơi ghi bằng tâm ô vuông 500 m hoặc tâm xã, giờ làm tròn.",
				"The newest 10,000 results that were reviewed and published: category, commune, days, answer. Places are told by squares of 500 m or by commune, times roughly.",
			},
		},
		columns: []column{
			col("code", text, "Mã phản ánh, không theo thứ tự gửi", "Code of the report; tells no order of sending"),
			col("category", text, "Mã lĩnh vực", "Code of the category"), col("category_name", text, "Tên lĩnh vực", "Name of the category"),
			divisionColumn(), areaColumn(), areaName(),
			col("received_hour", instant, "Giờ tiếp nhận, làm tròn đến giờ", "Hour of receipt"),
			col("due_date", day, "Ngày hẹn", "Promised day").orNull(),
			col("resolved_date", day, "Ngày xử lý xong", "Day of resolution").orNull(),
			col("published_at", instant, "Lúc công khai, làm tròn đến 15 phút", "Quarter hour of publication"),
			col("text", text, "Lời trả lời công khai", "The public answer"),
			latColumn(), lonColumn(),
			oneOf("precision", "Tọa độ là tâm của cái gì", "What the coordinates are the middle of", squareWord, "province_centre", "district_centre", "commune_centre").orNull(),
			col("origin", text, "real: thật; khác: không phải dữ liệu thật", "real, or what it is instead"),
		},
		filters: []string{"area", "category"},
		span:    "published_at",
		asOf:    batched,
		input:   func(s *source) any { return []any{s.mark, s.maps} },
		rows: func(d *Door, s *source) []row {
			var rows []row
			for _, r := range s.results {
				at := s.places[[2]string{r.Division, r.Area}]
				lat, lon, shape, precision := at.lat(), at.lon(), at.point(), any(nil)
				if shape != nil {
					precision = string(at.area.Level) + "_centre"
				}
				if r.Lat != nil && r.Lon != nil {
					lat, lon, shape, precision = *r.Lat, *r.Lon, point(*r.Lat, *r.Lon), squareWord
				}
				rows = append(rows, row{
					key: newest(r.PublishedAt) + "/" + r.Code, shape: shape,
					cells: []any{
						r.Code, r.Category, d.category(r.Category), r.Division, r.Area, at.title(), r.ReceivedHour, dayOf(r.DueDate), dayOf(r.ResolvedDate),
						r.PublishedAt, r.Text, lat, lon, precision, r.Origin,
					},
				})
			}
			return rows
		},
	}
}

// squareWord is the precision of a square's middle.
const squareWord = "square_500m"

func dayOf(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.Format(time.DateOnly)
}

func sensors() set {
	return set{
		Set: Set{
			ID: "sensors", Every: "PT5S", Places: true,
			Title: [2]string{"Trạm đo sông, mưa, không khí và cháy rừng", "Sensors of rivers, rain, air and forest fire"},
			Text: [2]string{
				"Mỗi dòng là một trạm: ở đâu, đo gì, số mới nhất, đang ở mức nào, các ngưỡng và văn bản quy định. Chuỗi số liệu đã qua chưa có ở đây.",
				"Each row is a station: where, of what, its newest value, its state, its limits and who says so. Series of the past are not offered yet.",
			},
		},
		columns: []column{
			col("code", text, "Mã trạm", "Code of the station"), col("name", text, "Tên trạm", "Name"),
			col("kind", text, "Loại", "Kind"), col("kind_name", text, "Loại, bằng lời", "Kind in words"), col("unit", text, "Đơn vị đo", "Unit"),
			divisionColumn(), areaColumn(), areaName(),
			col("value", number, "Số đo mới nhất", "Newest value").orNull(),
			col("measured_at", instant, "Lúc đo", "When it was measured").orNull(),
			oneOf("state", "Trạng thái: normal bình thường, attention chú ý, warning cảnh báo, critical nguy hiểm, unknown chưa rõ hoặc số đã cũ", "State; unknown where there is no value or it is too old",
				string(sensor.Normal), string(sensor.Attention), string(sensor.Warning), string(sensor.Critical), string(sensor.Unknown)),
			col("stale", yesNo, "Số đã cũ", "The value is too old"),
			col("limit", text, "Ngưỡng đã chạm", "The limit that is reached").orNull(),
			col("levels", limits, "Các ngưỡng có nguồn", "Limits that a source confirms"),
			col("lat", number, "Vĩ độ (WGS 84)", "Latitude (WGS 84)"), col("lon", number, "Kinh độ (WGS 84)", "Longitude (WGS 84)"),
			col("sample", yesNo, "Trạm mẫu, không có thật", "A station of the sample, which does not exist"),
			col("origin", text, "real: thật; khác: không phải dữ liệu thật", "real, or what it is instead"),
		},
		filters: []string{"area", "kind", "state"},
		asOf:    counted,
		input:   func(s *source) any { return []any{s.picture.Sensors, s.maps, s.picture.Origin} },
		rows: func(_ *Door, s *source) []row {
			var rows []row
			for _, x := range s.picture.Sensors {
				if x.Origin == string(report.Drill) || s.picture.Origin == string(report.Real) && x.Origin != string(report.Real) {
					continue
				}
				rows = append(rows, row{key: x.Kind + "/" + x.Code, cells: sensorCells(s, x), shape: point(x.Lat, x.Lon)})
			}
			return rows
		},
	}
}

func sensorCells(s *source, x store.PublicSensor) []any {
	var value, at, limit any
	if !x.At.IsZero() {
		value, at = x.Value, x.At
	}
	if x.Limit != "" {
		limit = x.Limit
	}
	levels := []threshold{}
	for _, l := range x.Levels {
		if l.Confirmed() {
			levels = append(levels, threshold(l))
		}
	}
	k, _ := sensor.KindOf(x.Kind)
	return []any{
		x.Code, x.Name, x.Kind, k.Name, x.Unit, x.Division, x.Area, s.places[[2]string{x.Division, x.Area}].title(), value, at, string(x.State), x.Stale,
		limit, levels, x.Lat, x.Lon, x.Sample, x.Origin,
	}
}

func warnings() set {
	return set{
		Set: Set{
			ID: "warnings", Every: "PT5S",
			Title: [2]string{"Cảnh báo đang có hiệu lực", "Warnings in force"},
			Text: [2]string{
				"Các cảnh báo tới người dân đang có hiệu lực, nơi áp dụng, đến khi nào; bản gốc CAP ở địa chỉ ghi trong dòng.",
				"Warnings to the public in force, where and until when; the CAP message is at the address in the row.",
			},
		},
		columns: []column{
			col("id", text, "Mã bản tin", "Identifier of the message"),
			col("headline", text, "Tiêu đề", "Headline"), col("event", text, "Hiện tượng", "Event"),
			oneOf("severity", "Mức nghiêm trọng, theo CAP 1.2", "Severity, in the words of CAP 1.2", "Extreme", "Severe", "Moderate", "Minor", "Unknown"),
			col("areas", texts, "Mã các địa bàn", "Codes of the areas"),
			col("effective", instant, "Từ lúc", "From"), col("expires", instant, "Đến lúc", "Until"),
			col("exercise", yesNo, "Bản tin thử, không phải cảnh báo thật", "No real warning"),
			col("cap", text, "Bản gốc CAP", "The CAP message"),
		},
		filters: []string{"severity"},
		asOf:    counted,
		input:   func(s *source) any { return []any{s.picture.Warnings, s.picture.Origin} },
		rows: func(_ *Door, s *source) []row {
			var rows []row
			for i, w := range s.picture.Warnings {
				if w.Exercise && s.picture.Origin == string(report.Real) {
					continue
				}
				rows = append(rows, row{
					key: fmt.Sprintf("%04d/%s", i, w.ID),
					cells: []any{
						w.ID, w.Headline, w.Event, w.Severity, append([]string{}, w.Areas...), w.Effective, w.Expires, w.Exercise, "/feed/cap/" + w.ID + ".xml",
					},
				})
			}
			return rows
		},
	}
}

func areas() set {
	return set{
		Set: Set{
			ID: "areas", Every: "P1D", Places: true,
			Title: [2]string{"Địa bàn", "Areas"},
			Text: [2]string{
				"Tỉnh, huyện, xã với mã, tên, cấp trên, tên trong bộ địa giới kia và hình trên bản đồ (sơ đồ thì ghi là sơ đồ).",
				"Province, districts and communes with code, name, parent, what they are in the other set of areas, and outline (a schematic is marked so).",
			},
		},
		columns: []column{
			divisionColumn(), col("code", text, "Mã địa bàn", "Code"), col("name", text, "Tên", "Name"), col("name_en", text, "Tên tiếng Anh", "Name in English").orNull(),
			oneOf("level", "Cấp", "Level", string(area.Province), string(area.District), string(area.Commune)),
			col("parent", text, "Mã địa bàn cấp trên", "Code of the area above").orNull(),
			col("others", texts, "Mã trong các bộ địa giới khác, dạng bộ/mã", "Codes in the other divisions, as division/code"),
			oneOf("outline", "Hình là gì: real địa giới, schematic sơ đồ, withheld chỉ có điểm vì giấy phép của bản đồ", "What the outline is: real, schematic, or withheld by the licence of the map (a point instead)", "real", "schematic", "withheld"),
			col("credit", text, "Nguồn của hình, phải ghi kèm", "Source of the outline, to be named with it"),
			col("licence", text, "Giấy phép của hình, khi khác với giấy phép chung", "Licence of the outline, where it is not that of all data").orNull(),
			col("lat", number, "Vĩ độ của một điểm bên trong", "Latitude of a point inside").orNull(), col("lon", number, "Kinh độ của một điểm bên trong", "Longitude of a point inside").orNull(),
		},
		filters: []string{"division", "level", "parent"},
		still:   true,
		asOf:    counted,
		input:   func(s *source) any { return s.maps },
		rows: func(d *Door, s *source) []row {
			var rows []row
			for _, p := range s.areas {
				a := p.area
				rows = append(rows, row{
					key: a.Division + "/" + a.Code, shape: p.shape,
					cells: []any{
						a.Division, a.Code, a.Title(), orNull(a.NameEN), string(a.Level), orNull(a.Parent), d.others(a), p.outline, p.credit, orNull(p.licence),
						p.lat(), p.lon(),
					},
				})
			}
			return rows
		},
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// others are what an area is called in the other divisions.
func (d *Door) others(a area.Area) []string {
	list := []string{}
	for _, other := range d.Atlas.Tree.Divisions() {
		if other.Code == a.Division {
			continue
		}
		for _, code := range d.Atlas.Tree.Translate(a.Division, a.Code, other.Code) {
			list = append(list, other.Code+"/"+code)
		}
	}
	return list
}

func (d *Door) category(code string) string {
	c, _ := d.Rules.Category(code)
	return c.Name
}
