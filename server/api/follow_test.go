package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/server/api"
	"toancanh/server/limit"
)

// sight is what a follower gets.
type sight struct {
	Code, Status, Text, Reason string
	Sender                     bool
	Steps                      []struct{ Step, Date string }
	May                        []string
	Rating                     *struct{ Solved, Manner string }
}

func (s sight) steps() string {
	var words []string
	for _, step := range s.Steps {
		words = append(words, step.Step)
	}
	return strings.Join(words, " ")
}

// published is a report whose result has just been published.
func (h *house) published(text string) receipt {
	h.t.Helper()
	r := h.post(text)
	for i, act := range []map[string]any{
		{"act": "accept"},
		{"act": "assign", "unit": "so-xd"},
		{"act": "return", "reason": "Không đúng thẩm quyền"},
		{"act": "assign", "unit": "so-tnmt"},
		{"act": "resolve", "text": "Nội bộ: đã dọn"},
		{"act": "publish", "text": "Đã dọn sạch"},
	} {
		act["version"] = i + 1
		read[opsAnswer](h.t, h.act(r.ID, act), 200)
	}
	return r
}

func (h *house) follow(code, secret string) answer {
	h.t.Helper()
	return h.do(call{method: "GET", path: "/api/v1/follow/" + code, header: map[string]string{"Report-Secret": secret}})
}

func (h *house) asSender(r receipt, act map[string]any) answer {
	h.t.Helper()
	return h.do(call{method: "POST", path: "/api/v1/follow/" + r.Code + "/acts", body: act, header: map[string]string{"Report-Secret": r.Secret}})
}

func TestAReceiptsSecretComesAgainAndLiesNowhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	key := map[string]string{"Idempotency-Key": "k-1"}
	first := h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác"), header: key})
	again := h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác"), header: key})
	r := read[receipt](t, first, 201)
	if len(r.Secret) != 22 || !bytes.Equal(first.body, again.body) {
		t.Errorf("first %s, again %s", first.body, again.body)
	}
	if other := h.post("Rác"); other.Secret == r.Secret {
		t.Error("two reports have one secret")
	}
	rows, err := h.db.Owner.Query(t.Context(), "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
	must(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	if len(tables) < 20 {
		t.Fatalf("found %d tables", len(tables))
	}
	for _, table := range tables {
		var n int
		must(t, h.db.Owner.QueryRow(t.Context(), fmt.Sprintf("select count(*) from %q x where x::text like '%%' || $1 || '%%'", table), r.Secret).Scan(&n))
		if n > 0 {
			t.Errorf("the secret lies in %s", table)
		}
	}
	if strings.Contains(h.log.String(), r.Secret) {
		t.Error("the secret is in the log")
	}
}

func TestASenderFollowsRatesAndAsksAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.published("Rác trước nhà Chim Hoàng Yến")
	h.teller.Leave()
	anybody := read[sight](t, h.follow(r.Code, ""), 200)
	if anybody.steps() != "received accepted processing published" || anybody.Sender || anybody.May != nil || anybody.Text != "Đã dọn sạch" {
		t.Errorf("anybody sees %+v", anybody)
	}
	for _, never := range []string{"Hoàng Yến", "Nội bộ", "thẩm quyền", "so-xd", r.Secret, r.ID, `"may"`} {
		if body := h.follow(r.Code, "").body; bytes.Contains(body, []byte(never)) {
			t.Errorf("anybody with the code reads %q: %s", never, body)
		}
	}
	mine := read[sight](t, h.follow(r.Code, r.Secret), 200)
	if !mine.Sender || !strings.HasPrefix(strings.Join(mine.May, " "), "rate reopen") || mine.Rating != nil {
		t.Errorf("the sender sees %+v", mine)
	}
	p := problem(t, h.asSender(r, map[string]any{"act": "rate", "solved": "maybe"}), 422)
	if !hasFault(p, "solved", "unknown") || !hasFault(p, "manner", "required") {
		t.Errorf("a wrong rating: %+v", p.Errors)
	}
	rated := read[sight](t, h.asSender(r, map[string]any{"act": "rate", "solved": "no", "manner": "hai_long"}), 200)
	if rated.Status != "cong_khai" || rated.Rating == nil || rated.Rating.Solved != "no" || rated.Rating.Manner != "hai_long" {
		t.Errorf("rated %+v", rated)
	}
	read[sight](t, h.asSender(r, map[string]any{"act": "rate", "solved": "no", "manner": "hai_long"}), 200) // pressed twice
	if got := h.get(r.ID); got.Report.Version != 8 || got.Acts[7].Actor != "citizen" {
		t.Errorf("after rating twice alike: version %d, %+v", got.Report.Version, got.Acts)
	}
	done := read[sight](t, h.asSender(r, map[string]any{"act": "rate", "solved": "yes", "manner": "chap_nhan"}), 200)
	if done.Status != "hoan_thanh" || done.steps() != "received accepted processing published completed" {
		t.Errorf("a rating changed to solved: %+v", done)
	}
	var n int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from report_rating where solved = 'yes' and manner = 'chap_nhan'").Scan(&n))
	if n != 1 {
		t.Errorf("%d ratings of one publication", n)
	}
	const why = "Rác lại đầy, tôi là Chim Hoàng Yến"
	again := read[sight](t, h.asSender(r, map[string]any{"act": "reopen", "reason": why}), 200)
	if again.Status != "mo_lai" || again.Text != "" || !slices.Equal(again.May, []string{"photo", "mail"}) {
		t.Errorf("asked again: %+v", again)
	}
	problem(t, h.asSender(r, map[string]any{"act": "reopen", "reason": "lần nữa"}), 409)
	read[sight](t, h.asSender(r, map[string]any{"act": "reopen", "reason": " " + why + "\r\n"}), 200) // the answer was lost on the way
	got := h.get(r.ID)
	if last := got.Acts[len(got.Acts)-1]; last.Act != "reopen" || got.Report.Version != 10 {
		t.Errorf("after asking again twice: version %d, last %+v", got.Report.Version, last)
	}
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where why like '%Hoàng Yến%' or detail::text like '%Hoàng Yến%'").Scan(&n))
	if n > 0 || strings.Contains(h.log.String(), "Hoàng Yến") {
		t.Errorf("a sender's words stand in %d audit rows, or in the log", n)
	}
}

// Who has no more than the code, which public lists contain, is told how a report stands when those lists tell it.
func TestTheCodeAloneTellsWhatHasLeftAndTheSecretWhatIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.post("Rác")
	told := func(when, secret, status, steps string) sight {
		t.Helper()
		s := read[sight](t, h.follow(r.Code, secret), 200)
		if s.Status != status || s.steps() != steps {
			t.Errorf("%s: told %s (%s), want %s (%s)", when, s.Status, s.steps(), status, steps)
		}
		return s
	}
	read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "accept", "version": 1}), 200)
	told("accepted, before a batch", "", "moi", "received")
	told("accepted, to the sender", r.Secret, "da_tiep_nhan", "received accepted")
	h.teller.Leave()
	first := h.follow(r.Code, "").body
	told("accepted, after a batch", "", "da_tiep_nhan", "received accepted")
	for i, act := range []map[string]any{{"act": "assign", "unit": "so-xd"}, {"act": "start"}, {"act": "resolve", "text": "nội bộ"}, {"act": "publish", "text": "Đã dọn"}} {
		act["version"] = i + 2
		read[opsAnswer](t, h.act(r.ID, act), 200)
		if again := h.follow(r.Code, "").body; !bytes.Equal(again, first) {
			t.Errorf("%s shows before the batch: %s, was %s", act["act"], again, first)
		}
	}
	if mine := told("published, to the sender", r.Secret, "cong_khai", "received accepted processing published"); mine.Text != "Đã dọn" {
		t.Errorf("the sender reads %q", mine.Text)
	}
	h.teller.Leave()
	if anybody := told("published, after a batch", "", "cong_khai", "received accepted processing published"); anybody.Text != "Đã dọn" {
		t.Errorf("after the batch anybody reads %q", anybody.Text)
	}
	read[sight](t, h.asSender(r, map[string]any{"act": "reopen", "reason": "Vẫn còn"}), 200)
	if s := read[sight](t, h.follow(r.Code, ""), 200); s.Text != "" || strings.Contains(s.steps(), "reopened") {
		t.Errorf("a result taken down, of which the rest waits: %+v", s)
	}
	read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "withdraw", "reason": "Trùng", "version": 7}), 200)
	problem(t, h.follow(r.Code, ""), 404)
}

func TestASenderLeavesAnAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.post("Rác")
	leave := func(body string) answer {
		return h.do(call{method: "POST", path: "/api/v1/follow/" + r.Code + "/mail", body: body, header: map[string]string{"Report-Secret": r.Secret}})
	}
	for body, field := range map[string]string{`{}`: "email", `{"email":"canary"}`: "email", `{"email":"a@b.vn","language":"fr"}`: "language", `{"email":"a@b.vn","name":"x"}`: "name"} {
		if p := problem(t, leave(body), 422); len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", body, p.Errors)
		}
	}
	for i := range 3 {
		if a := leave(fmt.Sprintf(`{"email":"canary%d@example.vn","language":"en"}`, i)); a.status != 202 {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	}
	problem(t, leave(`{"email":"canary3@example.vn"}`), 409)
	if n, err := h.store.MailsWaiting(t.Context()); err != nil || n != 3 {
		t.Errorf("%d mails wait: %v", n, err)
	}
	if strings.Contains(h.log.String(), "canary") {
		t.Error("an address is in the log")
	}
}

func TestASenderAnswersAQuestion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := newReport("Rác")
	body["contact"] = map[string]string{"phone": "0905 000 111"}
	r := read[receipt](t, h.do(call{method: "POST", path: "/api/v1/reports", body: body}), 201)
	read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "ask", "reason": "Ở đoạn nào?", "version": 1}), 200)
	asked := read[sight](t, h.follow(r.Code, r.Secret), 200)
	if asked.Reason != "Ở đoạn nào?" || asked.May[0] != "supplement" {
		t.Errorf("asked: %+v", asked)
	}
	p := problem(t, h.asSender(r, map[string]any{"act": "supplement", "text": " "}), 422)
	if !hasFault(p, "text", "required") {
		t.Errorf("an empty answer: %+v", p.Errors)
	}
	answered := read[sight](t, h.asSender(r, map[string]any{"act": "supplement", "text": "Trước chợ"}), 200)
	if answered.Status != "moi" || answered.steps() != "received asked answered" {
		t.Errorf("answered: %+v", answered)
	}
	if got := h.get(r.ID); got.Acts[2].Text != "Trước chợ" || got.Acts[2].Actor != "citizen" {
		t.Errorf("the staff reads %+v", got.Acts[2])
	}
}

// TestWithoutTheSecretNothingIsThere holds every refusal to the words for a code that does not exist.
func TestWithoutTheSecretNothingIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, other := h.published("Rác"), h.post("Rác")
	nothing := problem(t, h.follow("ZZZZ-ZZZZ", ""), 404)
	strip := func(p any) string {
		text := fmt.Sprintf("%+v", p)
		for part := range strings.FieldsSeq(text) {
			if strings.Contains(part, "urn:") || strings.Contains(part, "RequestID") {
				text = strings.ReplaceAll(text, part, "")
			}
		}
		return text
	}
	rate := map[string]any{"act": "rate", "solved": "no", "manner": "hai_long"}
	for name, a := range map[string]answer{
		"a wrong secret":            h.follow(r.Code, "AAAAAAAAAAAAAAAAAAAAAA"),
		"another report's":          h.follow(r.Code, other.Secret),
		"acting without":            h.asSender(receipt{Code: r.Code}, rate),
		"acting with another's":     h.asSender(receipt{Code: r.Code, Secret: other.Secret}, rate),
		"acting on what is not":     h.asSender(receipt{Code: "ZZZZ-ZZZZ", Secret: r.Secret}, rate),
		"a code that is none":       h.follow("x", ""),
		"a mail without the secret": h.do(call{method: "POST", path: "/api/v1/follow/" + r.Code + "/mail", body: map[string]any{"email": "a@b.vn"}}),
	} {
		if diff := cmp.Diff(strip(nothing), strip(problem(t, a, 404))); diff != "" {
			t.Errorf("%s is told apart from nothing (-nothing +got):\n%s", name, diff)
		}
	}
	for name, body := range map[string]string{"no act": `{}`, "an officer's act": `{"act":"withdraw","reason":"x"}`, "an unknown field": `{"act":"rate","solved":"no","manner":"hai_long","actor":"me"}`} {
		t.Run(name, func(t *testing.T) {
			problem(t, h.do(call{method: "POST", path: "/api/v1/follow/" + r.Code + "/acts", body: body, header: map[string]string{"Report-Secret": r.Secret}}), 422)
		})
	}
	must(t, exec(h, "update report set published_at = now() - interval '15 days 1 minute' where id = $1::uuid", r.ID))
	p := problem(t, h.asSender(r, rate), 409)
	if !strings.Contains(p.Detail, "15 ngày") {
		t.Errorf("too late: %+v", p)
	}
	if seen := read[sight](t, h.follow(r.Code, r.Secret), 200); strings.Contains(strings.Join(seen.May, " "), "re") {
		t.Errorf("too late the sender may %v", seen.May)
	}
	read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "withdraw", "reason": "Trùng", "version": 7}), 200)
	problem(t, h.follow(r.Code, r.Secret), 404)
}

func exec(h *house, sql string, args ...any) error {
	_, err := h.db.Owner.Exec(h.t.Context(), sql, args...)
	return err
}

func TestWrongSecretsRunOut(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := newHouse(t, func(c *api.Config, _ *fiber.App) {
		c.Frame.Limits = limit.New(limit.Config{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	})
	r := h.post("Rác")
	tried := 0
	for h.follow(r.Code, "AAAAAAAAAAAAAAAAAAAAAA").status == 404 {
		if tried++; tried > limit.Follows().Burst {
			t.Fatal("wrong secrets never run out")
		}
	}
	if most := limit.Follows().Burst / 4; tried > most {
		t.Errorf("%d wrong secrets at once, want at most %d", tried, most)
	}
	if a := h.follow(r.Code, r.Secret); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("after too many the right one gets %d", a.status)
	}
}
