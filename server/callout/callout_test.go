package callout_test

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
	"toancanh/server/alarm"
	"toancanh/server/callout"
	"toancanh/server/duty"
	"toancanh/server/fault"
	"toancanh/server/hook"
)

// notice is a push as the worker reads it.
type notice struct{ Token, Kind, Title, Body, Action, Path, Tag string }

func (h *house) notice(data []byte) notice {
	h.t.Helper()
	var n notice
	must(h.t, json.Unmarshal(data, &n))
	return n
}

func TestAHighAlarmReachesTheSecondPersonInTwoMinutes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an, chi := h.person("an", duty.Operator), h.person("chi", duty.ShiftLead)
	h.address(an, duty.Mail, "an@example.vn")
	browser := h.browser(chi)
	h.address(chi, duty.SMS, "0905 111 222")
	h.address(chi, duty.Mail, "chi@example.vn")
	start := h.now
	id := h.raise(alarm.High)
	h.turn()
	if got := h.calls(id, start); got != "0s an mail sent" {
		t.Fatal(got)
	}
	h.now = h.now.Add(115 * time.Second)
	h.pass(4 * time.Second)
	if got := h.push.Got(browser); len(got) != 0 {
		t.Fatalf("the second person was called before her time: %v", got)
	}
	h.pass(92 * time.Second)
	// Nothing was heard of her browser, and then of her phone: each next channel is used beside it.
	if got, want := h.calls(id, start), "0s an mail sent; 120s chi push sent; 150s chi sms sent; 210s chi mail sent"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	pushed := h.push.Got(browser)
	if len(pushed) != 1 {
		t.Fatalf("%d pushes", len(pushed))
	}
	n := h.notice(pushed[0].Data)
	if n.Kind != "alarm" || n.Title != "Cảnh báo khẩn cấp: Mực nước vượt BĐ2" || !strings.HasPrefix(n.Body, "Trạm Đắk Nông, Xã 24611. Chưa ai nhận, báo từ ") ||
		n.Action != "Mở cảnh báo" || n.Path != "/console#canh-bao/"+id {
		t.Errorf("notice %+v", n)
	}
	if c := pushed[0].Claims; c.Audience != h.push.URL() || c.Subject != "mailto:truc@example.vn" || c.Key != h.desk.PushKey() || pushed[0].Header.Get("Urgency") != "high" {
		t.Errorf("claims %+v, header %v", c, pushed[0].Header)
	}
	sms, mails := h.gateway.Got(), h.office.Taken()
	if len(sms) != 1 || sms[0].To != "0905 111 222" || !strings.Contains(sms[0].Text, home+"/console#canh-bao/"+id) {
		t.Errorf("sms %+v", sms)
	}
	if len(mails) != 2 || mails[1].To != "chi@example.vn" || !strings.Contains(mails[1].Body, home+"/console#canh-bao/"+id) {
		t.Errorf("mails %+v", mails)
	}
	for _, never := range []string{"0905", "example.vn", h.push.URL()} {
		if strings.Contains(h.log.String(), never) {
			t.Errorf("the log tells %q", never)
		}
	}
	want := []string{
		"calling 1 truc_ban mail sent", "calling 2 truong_ca push", "calling 2 truong_ca push sent", "calling 2 truong_ca sms",
		"calling 2 truong_ca sms sent", "calling 2 truong_ca mail", "calling 2 truong_ca mail sent",
	}
	if diff := cmp.Diff(want, h.notes[len(h.notes)-len(want):]); diff != "" {
		t.Errorf("notes %q\n%s", h.notes, diff)
	}
}

func TestADeadChannelGoesToTheNextAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an, binh, chi := h.person("an", ""), h.person("binh", ""), h.person("chi", duty.ShiftLead)
	h.duty(duty.Shift{Post: duty.Post{Position: duty.Operator}, Person: an, Substitute: binh})
	h.browser(an)
	h.address(binh, duty.SMS, "0905111222")
	h.address(chi, duty.Mail, "chi@example.vn")
	h.gateway.Answer(500, "")
	h.push.Close()
	start, id := h.now, h.raise(alarm.High)
	h.turn()
	if got := h.calls(id, start); got != "0s an push failed connection; 0s binh sms failed 500; 0s chi mail sent" {
		t.Error(got)
	}
}

func TestASubscriptionThatIsGoneIsForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an := h.person("an", duty.Operator)
	h.browser(an)
	h.push.Answer(410)
	start, id := h.now, h.raise(alarm.High)
	h.turn()
	if got := h.calls(id, start); got != "0s an push failed gone; 0s failed vacant; 0s failed vacant" {
		t.Error(got)
	}
	if ways, err := h.store.Ways(t.Context(), []string{an}); err != nil || len(ways) != 0 {
		t.Errorf("%d ways stay, %v", len(ways), err)
	}
	if last := h.notes[len(h.notes)-1]; last != "exhausted 3 lanh_dao_truc  failed" {
		t.Errorf("the alarm was told %q", last)
	}
}

func TestASignFromTheDeviceEndsTheChain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an := h.person("an", duty.Operator)
	browser := h.browser(an)
	h.address(an, duty.Mail, "an@example.vn")
	start, id := h.now, h.raise(alarm.High)
	h.turn()
	h.now = h.now.Add(5 * time.Second)
	token := h.notice(h.push.Got(browser)[0].Data).Token
	for range 2 { // said again it changes nothing
		if test, err := h.desk.Arrived(t.Context(), token, false); err != nil || test {
			t.Fatal(test, err)
		}
	}
	h.pass(60 * time.Second)
	if got := h.calls(id, start); got != "0s an push delivered" || len(h.office.Taken()) != 0 {
		t.Errorf("%s; %d mails", got, len(h.office.Taken()))
	}
	if _, err := h.desk.Arrived(t.Context(), "guessed", true); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("a guess: %v", err)
	}
}

func TestTakingAnAlarmEndsItsCallsAndComingBackBeginsThemAnew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, told string }{
		"taken":   {"update alarm set state = 'acked', acked_at = now()", "taken 1 truc_ban mail sent"},
		"cleared": {"update alarm set state = 'cleared', clear_at = now()", "0"},
		"shelved": {"update alarm set aside = 'shelved'", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			an, chi := h.person("an", duty.Operator), h.person("chi", duty.ShiftLead)
			h.address(an, duty.Mail, "an@example.vn")
			h.address(chi, duty.Mail, "chi@example.vn")
			start, id := h.now, h.raise(alarm.High)
			h.turn()
			h.do(c.sql)
			h.now = h.now.Add(15 * time.Minute)
			h.turn()
			if got := h.calls(id, start); got != "0s an mail sent" {
				t.Error(got)
			}
			if last := h.notes[len(h.notes)-1]; last != c.told {
				t.Errorf("told %q, want %q", last, c.told)
			}
			h.do("update alarm set state = 'unacked', aside = '', acked_at = null")
			again := h.now
			h.turn()
			h.now = h.now.Add(119 * time.Second)
			h.pass(2 * time.Second)
			if got := h.calls(id, again); !strings.HasSuffix(got, "; 0s an mail sent; 120s chi mail sent") {
				t.Error(got)
			}
		})
	}
}

func TestTimersSurviveARestartAndADowntimeFiresOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, position := range map[string]duty.Position{"an": duty.Operator, "chi": duty.ShiftLead, "dung": duty.OnCallLeader} {
		h.address(h.person(name, position), duty.Mail, name+"@example.vn")
	}
	start, id := h.now, h.raise(alarm.High)
	h.turn()
	h.open() // what the process before knew is gone
	h.now = h.now.Add(119 * time.Second)
	h.pass(2 * time.Second)
	h.now = h.now.Add(time.Hour) // nobody ran
	h.open()
	h.turn()
	h.pass(20 * time.Second)
	if got := h.calls(id, start); got != "0s an mail sent; 120s chi mail sent; 3721s dung mail sent" {
		t.Error(got)
	}
	if n := len(h.office.Taken()); n != 3 {
		t.Errorf("%d mails, want one a step", n)
	}
	h.now = h.now.Add(11 * time.Minute)
	h.turn()
	if last := h.notes[len(h.notes)-1]; last != "exhausted 3 lanh_dao_truc mail sent" {
		t.Errorf("told %q", last)
	}
}

func TestACallOfAProcessThatDiedIsMadeAgainUnderItsName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an := h.person("an", duty.Operator)
	h.address(an, duty.SMS, "0905111222")
	start, id := h.now, h.raise(alarm.High)
	h.turn()
	// As if the process had died between the gateway's answer and its own commit.
	h.do("update callout_call set result = 'due', sent_at = null, wait_until = null")
	h.do("update callout set wake_at = step_at")
	h.turn()
	if n := len(h.gateway.Got()); n != 1 {
		t.Fatalf("another process may still be at it: %d messages", n)
	}
	h.pass(31 * time.Second)
	got := h.gateway.Got()
	if len(got) != 2 || got[0].ID != got[1].ID {
		t.Errorf("%+v: the gateway tells that it is the same by its id", got)
	}
	if got := h.calls(id, start); got != "0s an sms sent" {
		t.Error(got)
	}
}

func TestAStormReachesAPersonInFewMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an := h.person("an", duty.Operator)
	browser := h.browser(an)
	h.raise(alarm.High)
	h.turn()
	for range 40 {
		h.raise(alarm.High)
	}
	h.pass(20 * time.Second)
	pushed := h.push.Got(browser)
	if len(pushed) != 2 {
		t.Fatalf("%d pushes for 41 alarms", len(pushed))
	}
	if n := h.notice(pushed[1].Data); !strings.HasSuffix(n.Body, "Và 39 cảnh báo khác.") {
		t.Errorf("body %q", n.Body)
	}
}

func TestMediumAndLowAlarmsAreOnlyRemindedOf(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.address(h.person("an", duty.Operator), duty.Mail, "an@example.vn")
	h.address(h.person("chi", duty.ShiftLead), duty.Mail, "chi@example.vn")
	start, id := h.now, h.raise(alarm.Medium)
	h.raise(alarm.Journal)
	h.turn()
	if len(h.notes) != 0 {
		t.Errorf("told %q before anybody is called", h.notes)
	}
	h.now = h.now.Add(599 * time.Second)
	h.pass(90 * time.Second)
	if got := h.calls(id, start); got != "600s an mail sent" || len(h.office.Taken()) != 1 {
		t.Errorf("%s; %d mails", got, len(h.office.Taken()))
	}
}

func TestWhoMayNotSignInAnyMoreIsNotCalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an := h.person("an", duty.Operator)
	h.address(an, duty.Mail, "an@example.vn")
	h.do("update person set disabled_at = now()")
	start, id := h.now, h.raise(alarm.High)
	h.turn()
	if got := h.calls(id, start); got != "0s an failed no_channel; 0s failed vacant; 0s failed vacant" || len(h.office.Taken()) != 0 {
		t.Errorf("%s; %d mails", got, len(h.office.Taken()))
	}
}

func TestNothingOfAReportIsToldOutside(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.address(h.person("an", duty.Operator), duty.Mail, "an@example.vn")
	h.raise(alarm.High)
	h.do("update alarm set source = 'report', name = 'Canary ở số 5', origin = 'simulated'")
	h.turn()
	mail := h.office.Taken()[0]
	if strings.Contains(mail.Subject+mail.Body, "Canary") || !strings.HasPrefix(mail.Subject, "[MÔ PHỎNG] Cảnh báo khẩn cấp") || !strings.HasPrefix(mail.Body, "Xã 24611. Chưa ai nhận") {
		t.Errorf("%q: %q", mail.Subject, mail.Body)
	}
	h.now = h.now.Add(time.Minute)
	h.raise(alarm.High)
	h.do("update alarm set origin = 'drill'")
	h.turn()
	if mail := h.office.Taken()[1]; !strings.HasPrefix(mail.Subject, "[DIỄN TẬP] Cảnh báo khẩn cấp") {
		t.Errorf("a drill: %q", mail.Subject)
	}
}

func TestTheGatewayReportsUnderItsSignature(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.address(h.person("an", duty.Operator), duty.SMS, "0905111222")
	h.address(h.person("chi", duty.ShiftLead), duty.Mail, "chi@example.vn")
	start, id := h.now, h.raise(alarm.High)
	h.turn()
	order := h.gateway.Got()[0]
	report := func(secret []byte, status, reason string) (bool, error) {
		body, err := json.Marshal(map[string]string{"id": order.ID, "status": status, "reason": reason})
		must(t, err)
		headers := hook.Sign(secret, "r1", body, h.now)
		return h.desk.Reported(t.Context(), func(name string) string { return headers[name] }, body)
	}
	if signed, err := report([]byte("another"), "failed", ""); signed || err != nil {
		t.Errorf("a stranger's report: %v %v", signed, err)
	}
	if signed, err := report(h.gateway.Secret, "perhaps", ""); !signed || !fault.Is(err, fault.KindInvalid) {
		t.Errorf("a report that is none: %v %v", signed, err)
	}
	// A reason may tell a number; only a word is kept.
	if signed, err := report(h.gateway.Secret, "failed", "no such number 0905111222"); !signed || err != nil {
		t.Fatal(signed, err)
	}
	h.turn()
	if got := h.calls(id, start); got != "0s an sms failed gateway; 0s chi mail sent" {
		t.Error(got)
	}
	if _, err := report(h.gateway.Secret, "delivered", ""); err != nil {
		t.Fatal(err)
	}
	if got := h.calls(id, start); !strings.HasPrefix(got, "0s an sms delivered;") {
		t.Errorf("what arrived late did arrive: %s", got)
	}
}

func TestTheGatewayMaySayAtOnceThatItFailed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"status":"delivered"}`:                     "0s an sms delivered",
		`{"status":"failed","reason":"unreachable"}`: "0s an sms failed unreachable; 0s failed vacant; 0s failed vacant",
		`taken`: "0s an sms sent",
	} {
		h := newHouse(t)
		h.address(h.person("an", duty.Operator), duty.SMS, "0905111222")
		h.gateway.Answer(200, body)
		start, id := h.now, h.raise(alarm.High)
		h.turn()
		if got := h.calls(id, start); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestAContactTestAsksEverybodyByEveryChannelAndKeepsWhoAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an, chi := h.person("an", duty.Operator), h.person("chi", duty.ShiftLead)
	browser := h.browser(an)
	h.address(an, duty.Mail, "an@example.vn")
	if _, err := h.store.LastContactTest(t.Context()); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("before the first: %v", err)
	}
	id, err := h.desk.Test(t.Context(), "person:"+chi, "chi")
	must(t, err)
	if _, err := h.desk.Test(t.Context(), "person:"+chi, "chi"); !fault.Is(err, fault.KindConflict) {
		t.Errorf("another one at once: %v", err)
	}
	h.turn()
	n := h.notice(h.push.Got(browser)[0].Data)
	link, err := url.Parse(n.Path)
	must(t, err)
	if n.Kind != "test" || link.Path != "/truc" || link.Query().Get("ma") != n.Token {
		t.Errorf("notice %+v", n)
	}
	mail := h.office.Taken()[0]
	token := regexp.MustCompile(home + `/truc\?ma=([A-Za-z0-9_-]{43})`).FindStringSubmatch(mail.Body)
	if token == nil || token[1] == n.Token {
		t.Fatalf("mail %q", mail.Body)
	}
	if test, err := h.desk.Arrived(t.Context(), token[1], true); !test || err != nil {
		t.Fatal(test, err)
	}
	test, err := h.store.LastContactTest(t.Context())
	must(t, err)
	if test.ID != id || test.Name != "chi" {
		t.Errorf("test %+v", test)
	}
	var got []string
	for _, c := range test.Calls {
		answered := "silent"
		if c.AnsweredAt != nil {
			answered = "answered"
		}
		got = append(got, strings.Join(strings.Fields(strings.Join([]string{string(c.Position), c.Name, string(c.Channel), string(c.Result), c.Reason, answered}, " ")), " "))
	}
	want := []string{
		"lanh_dao_truc failed vacant silent", "truc_ban an mail delivered answered", "truc_ban an push sent silent", "truong_ca chi failed no_channel silent",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnAddressIsJudgedBeforeItIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	an := h.person("an", "")
	good := h.push.Subscribe()
	for name, change := range map[string]func(*callout.Browser){
		"another host":    func(b *callout.Browser) { b.Endpoint = "https://evil.example/push" },
		"inside":          func(b *callout.Browser) { b.Endpoint = "http://10.0.0.1/push" },
		"no address":      func(b *callout.Browser) { b.Endpoint = "" },
		"no point":        func(b *callout.Browser) { b.Key = b.Auth },
		"a short secret":  func(b *callout.Browser) { b.Auth = "AAAA" },
		"a long device":   func(b *callout.Browser) { b.Device = strings.Repeat("x", 61) },
		"a host like one": func(b *callout.Browser) { b.Endpoint = "https://127.0.0.1.evil.example/push" },
	} {
		b := callout.Browser{Endpoint: good.Endpoint, Key: good.Key, Auth: good.Auth}
		change(&b)
		if _, err := h.desk.KeepBrowser(t.Context(), an, b); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for channel, to := range map[duty.Channel]string{duty.SMS: "không phải số", duty.Mail: "an@"} {
		if _, err := h.desk.KeepAddress(t.Context(), an, channel, to); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: %v", channel, err)
		}
	}
	h.address(an, duty.SMS, "0905111222")
	h.address(an, duty.SMS, "0905333444") // in place of the one before
	ways, err := h.store.Ways(t.Context(), []string{an})
	must(t, err)
	if len(ways) != 1 || h.desk.Shown(ways[0]) != "0905333444" || strings.Contains(string(ways[0].Sealed.Bytes), "0905") {
		t.Errorf("%d ways", len(ways))
	}
}

func TestTheKeyForPushesIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys", "push.key")
	first, err := callout.OpenPush(file, []string{"*.push.apple.com"}, "mailto:a@example.vn")
	must(t, err)
	second, err := callout.OpenPush(file, nil, "mailto:a@example.vn")
	must(t, err)
	info, err := os.Stat(file)
	must(t, err)
	if first.Key() != second.Key() || len(first.Key()) != 87 || info.Mode().Perm() != 0o600 {
		t.Errorf("keys %q and %q, mode %v", first.Key(), second.Key(), info.Mode())
	}
	if _, err := callout.OpenPush(file, []string{"*"}, ""); err == nil {
		t.Error("every host was allowed")
	}
	must(t, os.WriteFile(file, []byte("no key"), 0o600))
	if _, err := callout.OpenPush(file, nil, ""); err == nil {
		t.Error("a key that is none was taken")
	}
}

func TestWhoIsOnDutyIsSaidWithNamesToOperatorsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("an", duty.Operator)
	said := make(chan []schema.Level, 1)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.desk.Lead(ctx, func(l []schema.Level) {
			select {
			case said <- l:
			default:
			}
		})
	}()
	defer func() { stop(); <-ended }()
	for _, l := range <-said {
		text := string(l.Data)
		if l.Key != "duty/now" || !strings.Contains(text, `"shift":"Ca 1"`) || !strings.Contains(text, `{"position":"truong_ca","since":null}`) {
			t.Errorf("%s: %s", l.Topic, text)
		}
		if named := strings.Contains(text, `"name":"an"`); named != strings.HasPrefix(l.Topic, "ops/") {
			t.Errorf("%s: %s", l.Topic, text)
		}
	}
}
