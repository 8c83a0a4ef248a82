//go:build e2e

package browser_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A river of the sample, and a level of its water above BĐ2, whose alarm is high.
const (
	flooding   = "nuoc-dak-nong"
	floodLevel = 589.72
)

// highRow is the row of a high alarm on a wall; it keeps its place, whichever alarm came first.
const highRow = ".critical[data-alarm]"

// gauge registers the river's station.
func (p *province) gauge() {
	p.t.Helper()
	p.withKey(p.localKey(), http.MethodPut, "/api/v1/sensors", map[string]any{"sensors": []map[string]any{{
		"code": flooding, "name": "Mực nước sông Đắk Nông – trạm Đắk Nông (mẫu)", "kind": "river", "unit": "m", "lat": 12.002, "lon": 107.69,
		"stale_after_s": 1800, "levels": []map[string]any{
			{"at": 588.5, "state": "attention", "label": "BĐ1", "source": "bản tin thủy văn"},
			{"at": 589.5, "state": "warning", "label": "BĐ2", "source": "bản tin thủy văn"},
		},
	}}})
}

// rise has the river stand above its level for longer than the alarm's delay asks, until the alarm is there: who judges takes up a
// new sensor within seconds.
func (p *province) rise() {
	p.t.Helper()
	at := time.Now().Add(-3 * time.Minute).UTC()
	eventually(p.t, "the river's alarm is raised", shownWithin, func() bool {
		for range 2 {
			p.withKey(p.localKey(), http.MethodPost, "/api/v1/readings", []map[string]any{{"sensor": flooding, "value": floodLevel, "at": at}})
			at = time.Now().UTC()
		}
		var list struct{ Alarms []struct{ ID string } }
		p.get("/api/v1/alarms?priority=high&target="+flooding, &list)
		return len(list.Alarms) > 0
	}, nil)
}

// localKey is the key that the program leaves for tools of its machine.
func (p *province) localKey() string {
	p.t.Helper()
	token, err := os.ReadFile(filepath.Join(p.dir, "keys", "local.token"))
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(string(token))
}

// TestAnAlarmTravelsFromAReadingToWhoTakesIt holds the road of an alarm: a reading raises it, the wall counts how long nobody has
// it, the desk sounds once it was heard, silence takes nothing, and who takes it is named by the role on the wall.
func TestAnAlarmTravelsFromAReadingToWhoTakesIt(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	p.gauge()
	wall := browse(t, p, "/wall/tinh?mat-do=near", size{1920, 1080})
	desk := browse(t, p, "/console", size{1366, 768})
	wall.awaitLive(liveWithin)
	desk.awaitLive(liveWithin)
	eventually(t, "the desk says that it cannot be heard", shownWithin, func() bool {
		return strings.Contains(desk.text("#sound-off"), "ÂM THANH ĐANG TẮT")
	}, func() string { return desk.body() })

	p.rise()
	eventually(t, "the wall counts how long nobody has the alarm", shownWithin, func() bool {
		return strings.Contains(wall.text(highRow), "CHƯA AI NHẬN – ") && strings.Contains(wall.text("footer"), "CHƯA AI NHẬN – ")
	}, func() string { return wall.text("main") })
	if wall.dataset("scene") != "ngay-thuong" {
		t.Errorf("the wall changed its scene by itself")
	}
	wall.keep("alarm-wall", false)
	wall.sound()

	deafUntilHeard(t, desk)
	desk.click("#horn-silence")
	eventually(t, "the horn is quiet", shownWithin, func() bool { return desk.dataset("horn") == "" }, nil)
	if row := wall.text(highRow); !strings.Contains(row, "CHƯA AI NHẬN") {
		t.Errorf("silence took the alarm: the wall says %q", row)
	}

	desk.visit("/console#canh-bao")
	desk.do("eval", map[string]any{"text": "location.reload()"}, nil)
	eventually(t, "the desk says after a reload that it cannot be heard", shownWithin, func() bool {
		return desk.dataset("sound") == "off" && strings.Contains(desk.text("#sound-off"), "ÂM THANH ĐANG TẮT")
	}, func() string { return desk.body() })
	eventually(t, "the alarm stands in its own place", shownWithin, func() bool {
		return strings.Contains(desk.text(".pinned [data-alarm]"), "Trạm Đắk Nông")
	}, func() string { return desk.text("main") })
	desk.sound()
	desk.press("j", "a")
	eventually(t, "the wall names the role that took it", shownWithin, func() bool {
		return strings.Contains(wall.text(highRow), "đã nhận")
	}, func() string { return wall.every("[data-alarm]") + " / " + desk.text(".notice") })
	eventually(t, "the horn is quiet for good", shownWithin, func() bool { return desk.dataset("horn") == "" }, nil)
	desk.press("Enter")
	eventually(t, "the desk shows what happened", shownWithin, func() bool {
		return strings.Contains(desk.text("#alarm-timeline"), "Nhận")
	}, func() string { return desk.text("aside") })
	desk.keep("alarm-desk", false)
	desk.sound()
}

// deafUntilHeard tests the sound of a desk as a person does, and waits until it sounds for the alarm that is open.
func deafUntilHeard(t *testing.T, desk *tab) {
	t.Helper()
	desk.do("click", map[string]any{"selector": "#sound-test"}, nil) // only a real click lets a page sound
	eventually(t, "the desk asks whether it was heard", shownWithin, func() bool { return desk.dataset("sound") == "asking" }, func() string { return desk.text("#sound-off") })
	desk.do("click", map[string]any{"selector": "#sound-yes"}, nil)
	eventually(t, "the desk can be heard, and sounds", shownWithin, func() bool {
		return desk.dataset("sound") == "on" && desk.dataset("horn") == "on" && desk.text("#sound-off") == ""
	}, func() string { return desk.body() })
}

// every is what all things of a kind say.
func (g *tab) every(selector string) (said string) {
	g.t.Helper()
	g.eval(fmt.Sprintf(`[...document.querySelectorAll(%q)].map((one) => one.innerText).join('|')`, selector), &said)
	return said
}

// floods puts so many alarms into the database, all within the last minutes: two are high, one of which somebody has.
const floods = `
	with made as (
		insert into alarm (id, raised_at, known_at, changed_at, acked_at, acked_by, acked_as, lat, lon, version, type_version, type, origin, source,
			target, name, kind, priority, state, division, area, path, unit, machine)
		select gen_random_uuid(), at, at, at, case when taken then at end, case when taken then 'Trần Thị Bình' else '' end,
			case when taken then 'Trưởng ca' else '' end, 12 + (n % 70) * 0.008, 107.5 + (n % 90) * 0.005, 1, t.version, t.code, 'simulated', 'sensor',
			'tram-' || n, 'Trạm đo số ' || n, 'rain', p.priority, case when taken then 'acked' else 'unacked' end, 'vn-2022', a.area, array['67', a.district, a.area], 'mm',
			jsonb_build_object('called_at', at)
		from generate_series(1, $1) n
		join lateral (values (now() - interval '8 minutes' + n % 400 * interval '1 second', n = 2)) as w(at, taken) on true
		join lateral (values (case when n <= 2 then 'high' when n % 7 = 0 then 'medium' else 'low' end)) as p(priority) on true
		join (select code, version from alarm_type where code like 'rain%' order by code limit 1) t on true
		join (values (0, '24611', '660'), (1, '24640', '662'), (2, '24664', '663')) as a(i, area, district) on a.i = n % 3
		returning id, raised_at
	)
	insert into alarm_entry (alarm_id, n, at, act, to_state) select id, 1, raised_at, 'raise', 'unacked' from made`

// TestAFloodOfAlarmsIsToldAsGroupsAndHidesNoHighOne begins with ten thousand alarms: the wall and the desk tell them by place and
// cause, high ones stand single before everything, one that comes in the midst of it too, and a group is taken by its
// name.
func TestAFloodOfAlarmsIsToldAsGroupsAndHidesNoHighOne(t *testing.T) {
	t.Parallel()
	const many = 10_000
	p := settle(t, nil, quiet())
	p.gauge()
	if _, err := p.database().Exec(t.Context(), floods, many); err != nil {
		t.Fatal(err)
	}
	p.stop()
	p.start(quiet())
	wall := browse(t, p, "/wall/tinh?mat-do=near", size{1920, 1080})
	desk := browse(t, p, "/console#canh-bao", size{1920, 1080})
	wall.awaitLive(liveWithin)
	desk.awaitLive(liveWithin)
	p.rise()
	eventually(t, "the wall tells groups, and each high alarm", shownWithin, func() bool {
		high := wall.every("[data-alarm]")
		return strings.Contains(wall.text("main"), "DỒN DẬP CẢNH BÁO") && wall.text("[data-group]") != "" &&
			strings.Contains(high, "Trạm đo số 1") && strings.Contains(high, "Đắk Nông")
	}, func() string { return wall.text("main") })
	wall.keep("flood-wall", false)
	wall.sound()

	var rows int
	eventually(t, "the desk lists them all", healWithin, func() bool {
		desk.eval(`Number(document.querySelector('.grid')?.getAttribute('aria-rowcount') ?? 0)`, &rows)
		return rows > many-100
	}, func() string { return desk.text(".notice") })
	eventually(t, "the high ones have their own place", shownWithin, func() bool {
		return strings.Contains(desk.text(".pinned"), "Trạm Đắk Nông")
	}, func() string { return desk.text(".pinned") })
	desk.keep("flood-desk", false)
	desk.sound()
	desk.click("[data-group] button")
	eventually(t, "a group is taken in one act", shownWithin, func() bool {
		return strings.Contains(desk.text(".notice"), "Đã nhận 200 cảnh báo")
	}, func() string { return desk.text(".notice") })
	if pinned := desk.text(".pinned"); !strings.Contains(pinned, "CHƯA AI NHẬN") {
		t.Errorf("taking a group took a high alarm too: %q", pinned)
	}
}
