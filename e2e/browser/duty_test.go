//go:build e2e

package browser_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toancanh/server/callout/calltest"
	"toancanh/server/mail/mailtest"
)

// reachedWithin is the promise of AL-7: an alarm nobody takes reaches the second person, with what it takes to say so.
const reachedWithin = 2*time.Minute + 30*time.Second

// subscribed has the browser's push service give out a subscription of the test's own: the real one lies far away.
func subscribed(b *calltest.Browser) string {
	return fmt.Sprintf(`PushManager.prototype.getSubscription = () => Promise.resolve(null);
		PushManager.prototype.subscribe = () => Promise.resolve({ toJSON: () => ({ endpoint: %q, keys: { p256dh: %q, auth: %q } }) })`,
		b.Endpoint, b.Key, b.Auth)
}

// as is somebody of the staff at the API.
func (p *province) as(login string) *visitor {
	p.t.Helper()
	v := &visitor{p: p}
	v.send(http.MethodPost, "/api/v1/session", map[string]string{"login": login, "password": staffPassword}, nil)
	return v
}

// withKey sends as a machine does.
func (p *province) withKey(key, method, path string, body any) {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), requestWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.addr+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + key}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusMultipleChoices {
		answer, _ := io.ReadAll(res.Body)
		p.t.Fatalf("%s %s: %s %.400s", method, path, res.Status, answer)
	}
}

// flood has a river rise above its second limit, and returns the alarm.
func (p *province) flood(admin, lead *visitor) string {
	p.t.Helper()
	var made struct{ Token string }
	admin.send(http.MethodPost, "/api/v1/keys", map[string]any{"label": "trạm", "rights": []string{"readings", "sensors"}}, &made)
	p.withKey(made.Token, http.MethodPut, "/api/v1/sensors", map[string]any{"sensors": []any{map[string]any{
		"code": "song", "name": "Trạm Đắk Nông", "kind": "river", "unit": "m", "lat": 12.007, "lon": 107.696, "stale_after_s": 1800,
		"levels": []any{map[string]any{"at": 589.5, "state": "warning", "label": "BĐ2", "source": "thử"}},
	}}})
	lead.send(http.MethodPut, "/api/v1/alarm-types/song_bd2", map[string]any{
		"label": "Mực nước vượt BĐ2", "source": "sensor", "priority": "high", "cause": "Mưa lớn", "consequence": "Ngập vùng trũng",
		"response": "Báo các xã ven sông", "response_minutes": 10, "owner": "pctt", "call_list": []string{"truc_ban", "truong_ca"},
		"condition": map[string]any{"class": "level", "kinds": []string{"river"}, "state": "warning", "on_delay_s": 0}, "why": "thử",
	}, nil)
	lead.send(http.MethodPost, "/api/v1/alarm-types/song_bd2/enable", map[string]any{"version": 1, "why": "bắt đầu dùng"}, nil)
	var list struct{ Alarms []struct{ ID string } }
	// Who judges takes up a new sensor and type within seconds: the river stays high until then.
	eventually(p.t, "the river raises an alarm", liveWithin, func() bool {
		p.withKey(made.Token, http.MethodPost, "/api/v1/readings", []any{
			map[string]any{"sensor": "song", "at": time.Now().UTC().Format(time.RFC3339Nano), "value": 589.9},
		})
		lead.send(http.MethodGet, "/api/v1/alarms?type=song_bd2", nil, &list)
		return len(list.Alarms) == 1
	}, func() string { return p.log.tail(20) })
	return list.Alarms[0].ID
}

type attempt struct {
	Step                                    int
	Name, Position, Channel, Result, Reason string
	At                                      time.Time
	DeliveredAt                             *time.Time `json:"delivered_at"`
	AnsweredAt                              *time.Time `json:"answered_at"`
}

func (v *visitor) attempts(alarm string) (list []attempt) {
	v.p.t.Helper()
	var answer struct{ Attempts []attempt }
	v.send(http.MethodGet, "/api/v1/alarms/"+alarm+"/attempts", nil, &answer)
	return answer.Attempts
}

func told(list []attempt) string {
	var lines []string
	for _, a := range list {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%d %s %s %s %s", a.Step, a.Name, a.Channel, a.Result, a.Reason)), " "))
	}
	return strings.Join(lines, "; ")
}

// TestAnAlarmThatNobodyTakesReachesTheSecondPerson closes every console and lets the first channel be dead. The first person
// hears by mail and does nothing; the house is killed between the steps; then the second position hears of it in a browser whose
// page is closed, by mail and by short message, and nobody hears of a step twice. The ladder is short, but for a long run, which
// waits the two minutes.
func TestAnAlarmThatNobodyTakesReachesTheSecondPerson(t *testing.T) {
	t.Parallel()
	push, gateway, office := calltest.NewPushService(t), calltest.NewGateway(t, time.Now), mailtest.New(t)
	gone := calltest.NewPushService(t)
	secret := filepath.Join(t.TempDir(), "sms.secret")
	if err := os.WriteFile(secret, []byte("whsec_"+base64.StdEncoding.EncodeToString(gateway.Secret)), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{
		"TOANCANH_HOOK_NETWORKS=127.0.0.1", "TOANCANH_PUSH_HOSTS=127.0.0.1", "TOANCANH_SMS_URL=" + gateway.URL(), "TOANCANH_SMS_SECRET_FILE=" + secret,
		"TOANCANH_SMTP_URL=" + office.Address, "TOANCANH_SMTP_FROM=truc@example.vn", "TOANCANH_SMTP_HOME=https://ioc.example",
	}
	p := settle(t, []string{"--empty"}, env)
	admin := employ(t, p)
	admin.hire("an.le", "Lê An", "can_bo_truc")
	admin.hire("cuc.le", "Lê Cúc", "truong_ca")
	admin.hire("dung.ngo", "Ngô Dũng", "truong_ca")
	lead, an := p.as(leadLogin), p.as("an.le")

	dead := gone.Subscribe()
	gone.Close()
	an.send(http.MethodPost, "/api/v1/duty/ways/push", map[string]string{"endpoint": dead.Endpoint, "p256dh": dead.Key, "auth": dead.Auth}, nil)
	an.send(http.MethodPut, "/api/v1/duty/ways/mail", map[string]string{"email": "an@example.vn"}, nil)
	p.as("cuc.le").send(http.MethodPut, "/api/v1/duty/ways/mail", map[string]string{"email": "cuc@example.vn"}, nil)
	p.as("dung.ngo").send(http.MethodPut, "/api/v1/duty/ways/sms", map[string]string{"phone": "0905111222"}, nil)
	wait := 5 * time.Second
	if long() {
		wait = 2 * time.Minute
	}
	seconds := int(wait.Seconds())
	lead.send(http.MethodPut, "/api/v1/duty/ladder", map[string]any{"version": 1, "high": []int{0, seconds, 600}, "medium": []int{600}, "low": []int{1800}}, nil)

	// The second person allows notices in her browser, and closes the console.
	browser := push.Subscribe()
	console := browseWith(t, p, "/console#truc", subscribed(browser))
	console.hurt = true
	console.do("grant", map[string]any{"what": "notifications"}, nil)
	console.signIn()
	console.visit("/console#truc")
	eventually(t, "the page offers notices", liveWithin, func() bool { return console.text("#push-allow") != "" }, console.body)
	console.click("#push-allow")
	eventually(t, "the browser takes notices", liveWithin, func() bool { return strings.Contains(console.body(), "sẽ nhận thông báo") }, console.body)
	console.pass("duty")
	away := console.beside("/robots.txt")
	console.leave()

	var people struct{ People []struct{ ID, Name string } }
	lead.send(http.MethodGet, "/api/v1/duty/people", nil, &people)
	position := map[string]string{"Lê An": "truc_ban", "Trần Thị Bình": "truong_ca", "Lê Cúc": "truong_ca", "Ngô Dũng": "truong_ca"}
	for _, who := range people.People {
		if position[who.Name] != "" {
			lead.send(http.MethodPost, "/api/v1/duty/shifts", map[string]any{
				"position": position[who.Name], "person": who.ID, "name": "Ca 1",
				"from": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
			}, nil)
		}
	}

	alarm := p.flood(admin, lead)
	eventually(t, "the first person has a mail, because her browser is dead", liveWithin, func() bool {
		return strings.Contains(told(lead.attempts(alarm)), "1 Lê An push failed connection; 1 Lê An mail sent")
	}, func() string { return told(lead.attempts(alarm)) })
	first := lead.attempts(alarm)[0].At
	p.kill()
	p.awaitChildrenGone()
	p.start(env)
	lead = p.as(leadLogin)
	eventually(t, "the second position has it by every channel", reachedWithin, func() bool {
		return len(push.Got(browser)) > 0 && len(office.Taken()) > 1 && len(gateway.Got()) > 0
	}, func() string { return told(lead.attempts(alarm)) })

	away.do("push", map[string]any{"scope": "/console", "data": string(push.Got(browser)[0].Data)}, nil)
	eventually(t, "the browser said that it arrived", liveWithin, func() bool {
		return strings.Contains(told(lead.attempts(alarm)), "2 Trần Thị Bình push delivered")
	}, func() string { return told(lead.attempts(alarm)) })
	var shown []struct{ Title, Body string }
	away.eval(`navigator.serviceWorker.getRegistration('/console').then((r) => r.getNotifications())
		.then((list) => list.map(({ title, body }) => ({ Title: title, Body: body })))`, &shown)
	if len(shown) != 1 || shown[0].Title != "Cảnh báo khẩn cấp: Mực nước vượt BĐ2" || !strings.Contains(shown[0].Body, "Trạm Đắk Nông") {
		t.Errorf("the browser shows %+v", shown)
	}

	list := lead.attempts(alarm)
	for _, a := range list {
		if a.Step != 2 {
			continue
		}
		after := a.At.Sub(first)
		t.Logf("%s by %s after %v", a.Name, a.Channel, after.Round(time.Millisecond))
		if after > reachedWithin || after < wait-2*time.Second {
			t.Errorf("%s was called after %v, want about %v", a.Name, after, wait)
		}
	}
	if len(push.Got(browser)) != 1 || len(office.Taken()) != 2 || len(gateway.Got()) != 1 || len(list) != 5 {
		t.Errorf("after a kill between the steps: %d pushes, %d mails, %d messages, calls: %s", len(push.Got(browser)), len(office.Taken()), len(gateway.Got()), told(list))
	}
	if !strings.Contains(gateway.Got()[0].Text, "/console#canh-bao/"+alarm) {
		t.Errorf("the message says %q", gateway.Got()[0].Text)
	}

	// Whoever takes it ends the calls.
	lead.send(http.MethodPost, "/api/v1/alarms/"+alarm+"/acts", map[string]any{"act": "ack"}, nil)
	var one struct{ Callout struct{ State string } }
	eventually(t, "the alarm says who was called no more", liveWithin, func() bool {
		lead.send(http.MethodGet, "/api/v1/alarms/"+alarm, nil, &one)
		return one.Callout.State == "taken"
	}, func() string { return fmt.Sprintf("%+v", one) })
	for _, never := range []string{"0905111222", "example.vn", dead.Endpoint} {
		if strings.Contains(p.log.tail(1000), never) {
			t.Errorf("the log tells %q", never)
		}
	}
}
