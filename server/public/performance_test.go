package public_test

import (
	"strings"
	"testing"

	"toancanh/server/public"
)

func TestTheBoardTellsRatesAndHidesFew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.wait(func() bool { return strings.Contains(h.get("/hieu-qua", nil).body, "Chưa có số liệu") })
	h.tell(`('area', 'vn-2022', '67', '', 'accepted', 90), ('area', 'vn-2022', '67', '', 'due', 80), ('area', 'vn-2022', '67', '', 'met', 70),
			('area', 'vn-2022', '660', '', 'accepted', 30), ('area', 'vn-2022', '660', '', 'due', 25), ('area', 'vn-2022', '660', '', 'met', 20),
			('area', 'vn-2022', '661', '', 'accepted', 12), ('area', 'vn-2022', '661', '', 'due', 12), ('area', 'vn-2022', '661', '', 'met', 6),
			('area', 'vn-2022', '662', '', 'accepted', 0), ('area', 'vn-2022', '662', '', 'due', 0), ('area', 'vn-2022', '662', '', 'met', 0),
			('unit', 'vn-2022', 'so-tnmt', '=Sở <Tài nguyên>', 'accepted', 40)`,
		`('2026-10-26', '2026-10-31', false, '2026-11-15 17:00Z', null, null, null)`)
	h.wait(func() bool { return strings.Contains(h.get("/hieu-qua", nil).body, "70 trong 80") })
	page := h.get("/hieu-qua", nil).body
	holds(t, "the board", page, "87,5\u00a0%", "Phản ánh nhận trong các ngày 26/10 đến 31/10/2026: 87,5", "70 trong 80", "80,0\u00a0%", "<span>n = 25</span> <span>hạng 1</span>", `class="grey">50,0`, "<span>n = 12</span>",
		"chưa đủ thời gian", ">không công bố", "“Không công bố”: một số đếm", "chưa có số liệu", "=Sở &lt;Tài nguyên&gt;", "DỮ LIỆU MÔ PHỎNG",
		"phản ánh nhận từ 26/10/2026 đến hết 31/10/2026, theo tình hình lúc 00:00 16/11/2026", "muộn nhất có từ ngày 16/12/2026")
	if strings.Contains(page, "n = 12</span> <span>") {
		t.Error("few have a rank")
	}
	holds(t, "in English", h.get("/hieu-qua", map[string]string{"Cookie": "nhin=en.0.0"}).body, "Reports received in the days from 26/10 to 31/10/2026: 87.5%", "70 of the 80")
	holds(t, "the district's", h.get("/hieu-qua/2022/660", nil).body, "80,0\u00a0%", "20 trong 25")
	holds(t, "a commune's", h.get("/hieu-qua/2022/24611", nil).body, "không công bố, vì quá ít; dưới đây là của thành phố Gia Nghĩa", "20 trong 25")
	table := h.get("/hieu-qua.csv", nil)
	if !strings.HasPrefix(table.header.Get("Content-Type"), "text/csv") {
		t.Errorf("the table is %s", table.header.Get("Content-Type"))
	}
	holds(t, "the table", table.body, "kind,division,code,name,from,until,counted,results_from,",
		"area,vn-2022,660,Thành phố Gia Nghĩa,2026-10-26,2026-10-31,2026-11-15T17:00:00Z,,,,simulated,false,30,25,20,,,,,\n",
		"unit,vn-2022,so-tnmt,'=Sở <Tài nguyên>,")
	if a := h.get("/hieu-qua/2022/1", nil); a.status != 404 {
		t.Errorf("an unknown area is answered with %d", a.status)
	}
}

// tell says rates and their periods in the place of the teller.
func (h *house) tell(rates, periods string) {
	h.t.Helper()
	for _, sql := range []string{
		"revoke insert, delete on public_rate from toancanh_app", // what stands there is ours
		"delete from public_rate",
		"insert into public_rate (kind, division, place, name, measure, value) values " + rates,
		"delete from public_rate_period",
		"insert into public_rate_period (from_date, until_date, mature, counted_at, ripe_from, ripe_until, ripe_at) values " + periods,
	} {
		_, err := h.db.Owner.Exec(h.t.Context(), sql)
		must(h.t, err)
	}
}

// Replies are those of the newest span, results those of the one that ended long enough ago, each named.
func TestTheBoardNamesBothPeriods(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *public.Config) { c.Title = "Trung tâm" })
	h.tell(`('area', 'vn-2022', '67', '', 'accepted', 90), ('area', 'vn-2022', '67', '', 'due', 80), ('area', 'vn-2022', '67', '', 'met', 70),
			('area', 'vn-2022', '67', '', 'cohort', 200), ('area', 'vn-2022', '67', '', 'verified', 180), ('area', 'vn-2022', '67', '', 'reopened', 4),
			('area', 'vn-2022', '67', '', 'rated', 50), ('area', 'vn-2022', '67', '', 'content', 40),
			('area', 'vn-2022', '660', '', 'cohort', 100), ('area', 'vn-2022', '660', '', 'verified', 80), ('area', 'vn-2022', '660', '', 'reopened', 20)`,
		`('2026-10-16', '2026-10-31', false, '2026-11-15 17:00Z', '2026-07-01', '2026-09-30', '2026-11-14 17:00Z')`)
	h.wait(func() bool { return strings.Contains(h.get("/hieu-qua", nil).body, "70 trong 80") })
	holds(t, "the board", h.get("/hieu-qua", nil).body, "nhận trong nửa cuối tháng 10/2026: 87,5\u00a0%", "nhận trong quý III/2026: 90,0\u00a0%", "(180 trong 200 phản ánh đã tiếp nhận)", "80,0\u00a0% người đánh giá",
		"20,0\u00a0%", `d="M0 3h100v5H0z"/><path d="M30 0v10"/>`) // the bar of what was opened again ends at ten of a hundred
	holds(t, "in English", h.get("/hieu-qua", map[string]string{"Cookie": "nhin=en.0.0"}).body, "received in the second half of October 2026: 87.5%", "(quarter III of 2026), as things stood at")
	holds(t, "the table", h.get("/hieu-qua.csv", nil).body, ",2026-10-16,2026-10-31,2026-11-15T17:00:00Z,2026-07-01,2026-09-30,2026-11-14T17:00:00Z,simulated,false,90,80,70,200,180,4,50,40\n")
}
