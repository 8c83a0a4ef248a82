package public_test

import (
	"strings"
	"testing"
)

func TestTheBoardTellsRatesAndHidesFew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.wait(func() bool { return strings.Contains(h.get("/hieu-qua", nil).body, "Chưa có số liệu") })
	for _, sql := range []string{
		"revoke insert, delete on public_rate from toancanh_app", // what stands there is ours
		"delete from public_rate",
		`insert into public_rate (kind, division, place, name, measure, value) values
			('area', 'vn-2022', '67', '', 'accepted', 90), ('area', 'vn-2022', '67', '', 'due', 80), ('area', 'vn-2022', '67', '', 'met', 70),
			('area', 'vn-2022', '660', '', 'accepted', 30), ('area', 'vn-2022', '660', '', 'due', 25), ('area', 'vn-2022', '660', '', 'met', 20),
			('area', 'vn-2022', '661', '', 'accepted', 12), ('area', 'vn-2022', '661', '', 'due', 12), ('area', 'vn-2022', '661', '', 'met', 6),
			('unit', 'vn-2022', 'so-tnmt', 'Sở <Tài nguyên>', 'accepted', 40)`,
		`insert into public_rate_period (from_date, until_date, mature, counted_at) values ('2026-07-01', '2026-09-30', false, '2026-10-02 03:00Z')
			on conflict (only_row) do update set from_date = excluded.from_date, until_date = excluded.until_date, mature = excluded.mature, counted_at = excluded.counted_at`,
	} {
		_, err := h.db.Owner.Exec(t.Context(), sql)
		must(t, err)
	}
	h.wait(func() bool { return strings.Contains(h.get("/hieu-qua", nil).body, "70 trong 80") })
	page := h.get("/hieu-qua", nil).body
	holds(t, "the board", page, "87,5\u00a0%", "70 trong 80", "80,0\u00a0%", "n = 25 · hạng 1", `class="grey">50,0`, "n = 12<", "chưa đủ thời gian", "dưới 5", "Sở &lt;Tài nguyên&gt;", "DỮ LIỆU MÔ PHỎNG")
	if strings.Contains(page, "n = 12 ·") {
		t.Error("few have a rank")
	}
	holds(t, "in English", h.get("/hieu-qua", map[string]string{"Cookie": "look=en"}).body, "<main")
	holds(t, "the district's", h.get("/hieu-qua/2022/660", nil).body, "80,0\u00a0%", "20 trong 25")
	table := h.get("/hieu-qua.csv", nil)
	if !strings.HasPrefix(table.header.Get("Content-Type"), "text/csv") {
		t.Errorf("the table is %s", table.header.Get("Content-Type"))
	}
	holds(t, "the table", table.body, "kind,division,code,name", "area,vn-2022,660,Thành phố Gia Nghĩa,2026-07-01,2026-09-30,false,simulated,false,30,25,20,,,,\n")
	if a := h.get("/hieu-qua/2022/1", nil); a.status != 404 {
		t.Errorf("an unknown area is answered with %d", a.status)
	}
	if a := h.get("/hieu-qua", map[string]string{"Accept-Encoding": "gzip"}); len(a.body) > pageBudget {
		t.Errorf("the board weighs %d bytes", len(a.body))
	}
}
