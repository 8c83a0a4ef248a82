package public_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"toancanh/server/warning"
)

// warns puts a message to the public into the database as it lies there when it was published.
func (h *house) warns(w warning.Shown, title string, follows string) string {
	h.t.Helper()
	id := uuid.NewString()
	shown, err := json.Marshal(w)
	must(h.t, err)
	if follows != "" {
		defer func() {
			_, err := h.db.Owner.Exec(h.t.Context(), "update warning set ended_at = $2, ended_by = $3 where id = $1", follows, w.Effective, id)
			must(h.t, err)
		}()
	}
	_, err = h.db.Owner.Exec(h.t.Context(), `insert into warning (id, created_at, changed_at, published_at, expires_at, version, stage, msg_type, origin, division, path, writers, chain, draft)
		values ($1, $2, $2, $2, $3, 1, 'published', $4, 'simulated', 'vn-2022', '{67}', '{person:nguoi-soan-thao}', '{}', '{}')`,
		id, w.Effective, w.Expires, w.MsgType)
	must(h.t, err)
	_, err = h.db.Owner.Exec(h.t.Context(), `insert into public_warning (id, sent_at, expires_at, msg_type, status, origin, title, title_en, summary, shown, body)
		values ($1, $2, $3, $4, $5, 'simulated', $6, $6 || ' EN', 'Ở trong nhà.', $7, '<alert/>')`,
		id, w.Effective, w.Expires, w.MsgType, w.Status, title, shown)
	must(h.t, err)
	return id
}

func TestTheFeedOfAnAreasWarningsSaysWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := time.Now().UTC().Truncate(time.Second)
	one := warning.Shown{
		Severity: "Severe", Areas: []string{"660"}, Effective: now.Add(-time.Hour), Expires: now.Add(time.Hour),
		Status: warning.Actual, MsgType: warning.New,
	}
	rain := h.warns(one, "Mưa lớn", "")
	const path = "/tinh-hinh/2022/660/canh-bao/feed.atom"
	var before feed
	h.wait(func() bool { before = readFeed(t, h.get(path, nil)); return len(before.Entries) == 1 })
	first := before.Entries[0]
	if first.Title != "Mưa lớn" || first.Updated != one.Effective.Format(time.RFC3339) || !strings.HasSuffix(first.Links[0].Href, "/feed/cap/"+rain+".xml") {
		t.Errorf("%+v", first)
	}
	cancel := one
	cancel.MsgType, cancel.Effective = warning.Cancel, now
	h.warns(cancel, "Mưa lớn", rain)
	drill := one
	drill.Status, drill.Areas, drill.Effective = warning.Exercise, []string{"24611"}, now.Add(-2*time.Hour)
	h.warns(drill, "Lũ quét", "")
	over := one
	over.Areas, over.Effective, over.Expires = []string{"67"}, now.Add(-5*time.Hour), now.Add(-3*time.Hour)
	h.warns(over, "Nắng nóng", "")
	var after feed
	h.wait(func() bool { after = readFeed(t, h.get(path, nil)); return len(after.Entries) == 4 })
	byTitle := map[string]string{}
	for _, e := range after.Entries {
		byTitle[e.Title] = e.ID + " " + e.Updated
	}
	for title, want := range map[string]string{
		"ĐÃ HỦY – Mưa lớn":            first.ID + " " + now.Format(time.RFC3339),
		"HỦY CẢNH BÁO – Mưa lớn":      now.Format(time.RFC3339),
		"DIỄN TẬP – Lũ quét":          drill.Effective.Format(time.RFC3339),
		"ĐÃ HẾT HIỆU LỰC – Nắng nóng": over.Expires.Format(time.RFC3339),
	} {
		if !strings.HasSuffix(byTitle[title], want) || byTitle[title] == "" {
			t.Errorf("%s: %q, want it to end in %q", title, byTitle[title], want)
		}
	}
	if after.ID != before.ID || after.Updated != now.Format(time.RFC3339) {
		t.Errorf("feed %s %s", after.ID, after.Updated)
	}
	for path, want := range map[string]int{
		"/tinh-hinh/2022/67/canh-bao/feed.atom": 4, "/tinh-hinh/2022/661/canh-bao/feed.atom": 1, "/tinh-hinh/2022/24611/canh-bao/feed.atom": 4,
	} {
		if got := readFeed(t, h.get(path, nil)); len(got.Entries) != want {
			t.Errorf("%s: %d entries, want %d", path, len(got.Entries), want)
		}
	}
	english := h.get(path, map[string]string{"Cookie": "nhin=en.0.0"})
	holds(t, "in English", english.body, "CANCELLED – Mưa lớn EN", `xml:lang="en"`)
	lacks(t, "the feed", h.get(path, nil).body, "nguoi-soan-thao")
	holds(t, "the page", h.get("/tinh-hinh/2022/660", nil).body, `href="`+path+`"`)
}

func TestAFeedIsOfOneCategoryAndOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.publish("Đã dọn rác")
	const rubbish, roads = "/tinh-hinh/2022/67/MT/feed.atom", "/tinh-hinh/2022/67/GT/feed.atom"
	h.wait(func() bool { return strings.Contains(h.get(rubbish, nil).body, "Đã dọn rác") })
	good := h.get(rubbish, nil)
	f, all := readFeed(t, good), readFeed(t, h.get("/tinh-hinh/2022/67/feed.atom", nil))
	if len(f.Entries) != 1 || f.ID == all.ID || f.Entries[0].ID != all.Entries[0].ID || !strings.Contains(good.body, `<category term="MT"`) {
		t.Errorf("%s", good.body)
	}
	if got := readFeed(t, h.get(roads, nil)); len(got.Entries) != 0 {
		t.Errorf("%+v", got)
	}
	if a := h.get("/tinh-hinh/2022/67/XX/feed.atom", nil); a.status != 404 {
		t.Errorf("no category: status %d", a.status)
	}
	if again := h.get(rubbish, map[string]string{"If-None-Match": good.header.Get("ETag")}); again.status != 304 || again.body != "" {
		t.Errorf("unchanged: status %d", again.status)
	}
	h.broken.Store(true)
	h.wait(func() bool { return strings.Contains(h.get(rubbish, nil).body, "SỐ LIỆU CŨ") })
	marked := readFeed(t, h.get(rubbish, nil))
	if len(marked.Entries) != 1 || marked.ID != f.ID || marked.Entries[0].ID != f.Entries[0].ID || marked.Updated != f.Updated {
		t.Errorf("with the database down: %+v", marked)
	}
}
