package hook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
	"toancanh/server/hook"
)

func now() time.Time { return time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC) }

func told() hook.Hook {
	return hook.Hook{ID: "h1", URL: "https://bo.example/nhan", Topic: "public/vn-2022/67", Epoch: "e1", Seq: 10, Generation: 1}
}

func event(seq int64, kind, data string) schema.Announced {
	e := schema.Announced{Seq: seq, Kind: kind, ID: "K7M2-Q9XD", Version: seq, At: now()}
	if data != "" {
		e.Data = json.RawMessage(data)
	}
	return e
}

func TestABatchTellsWhatHappenedInOrder(t *testing.T) {
	t.Parallel()
	batch := hook.Batch{Epoch: "e1", Head: 14, Events: []schema.Announced{
		event(11, schema.KindReport, `{"code":"K7M2-Q9XD"}`), event(12, schema.KindReport, ""), event(13, schema.KindGone, ""),
	}}
	body, last := told().Write(batch, now())
	var got []map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{
			"specversion": "1.0", "id": "e1:11", "source": "/public/vn-2022/67", "type": "vn.toancanh.report.changed", "subject": "K7M2-Q9XD",
			"time": "2026-11-30T06:00:00Z", "sequence": "11", "datacontenttype": "application/json", "data": map[string]any{"code": "K7M2-Q9XD"},
		},
		{
			"specversion": "1.0", "id": "e1:13", "source": "/public/vn-2022/67", "type": "vn.toancanh.report.gone", "subject": "K7M2-Q9XD",
			"time": "2026-11-30T06:00:00Z", "sequence": "13",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || last != 13 {
		t.Errorf("last %d\n%s", last, diff)
	}
}

func TestABatchEndsBeforeItIsTooLarge(t *testing.T) {
	t.Parallel()
	large := fmt.Sprintf("%q", strings.Repeat("x", 200<<10))
	batch := hook.Batch{Epoch: "e1", Head: 14}
	for seq := int64(11); seq <= 14; seq++ {
		batch.Events = append(batch.Events, event(seq, schema.KindReport, large))
	}
	body, last := told().Write(batch, now())
	if last != 12 || len(body) > 600<<10 {
		t.Errorf("%d bytes up to event %d, want two events", len(body), last)
	}
	if after := told().After(hook.Outcome{}, batch, last, now()); after.Delivered != 2 || after.Seq != 12 {
		t.Errorf("after two of four: %d delivered, at %d", after.Delivered, after.Seq)
	}
	batch.Events = []schema.Announced{event(11, schema.KindReport, fmt.Sprintf("%q", strings.Repeat("x", 900<<10)))}
	if body, last := told().Write(batch, now()); last != 11 || body == nil {
		t.Errorf("one event too large: %d bytes, last %d; it must not stop the hook for ever", len(body), last)
	}
}

func TestWhatIsNoLongerKeptIsToldAsAReset(t *testing.T) {
	t.Parallel()
	body, last := told().Write(hook.Batch{Epoch: "e2", Head: 900, Reset: true}, now())
	if !strings.Contains(string(body), `"vn.toancanh.reset"`) || last != 900 {
		t.Errorf("%s, last %d", body, last)
	}
}

func TestErasedEventsAloneMoveTheHookAndSendNothing(t *testing.T) {
	t.Parallel()
	body, last := told().Write(hook.Batch{Epoch: "e1", Head: 11, Events: []schema.Announced{event(11, schema.KindReport, "")}}, now())
	if body != nil || last != 11 {
		t.Errorf("%s, last %d", body, last)
	}
}

// The receiver's side of Standard Webhooks, written anew.
func verifies(secret, id, at, header string, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "." + string(body)))
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for part := range strings.FieldsSeq(header) {
		version, signature, _ := strings.Cut(part, ",")
		if version == "v1" && hmac.Equal([]byte(signature), []byte(want)) {
			return true
		}
	}
	return false
}

func TestDeliveriesAreSignedByTheSecretAndForADayByTheOneBefore(t *testing.T) {
	t.Parallel()
	secrets := hook.NewSecrets([]byte(strings.Repeat("k", 32)))
	before := told()
	old := secrets.Secret(before)
	after, until := before, now().Add(time.Hour)
	after.Generation, after.FormerUntil = 2, &until
	body := []byte(`[{"id":"e1:11"}]`)
	h := secrets.Headers(after, "d1", body, now())
	if !verifies(secrets.Secret(after), h["webhook-id"], h["webhook-timestamp"], h["webhook-signature"], body) {
		t.Error("the new secret does not verify")
	}
	if !verifies(old, h["webhook-id"], h["webhook-timestamp"], h["webhook-signature"], body) {
		t.Error("the old secret does not verify within its time")
	}
	if verifies(old, "d2", h["webhook-timestamp"], h["webhook-signature"], body) || verifies(old, "d1", h["webhook-timestamp"], h["webhook-signature"], append(body, ' ')) {
		t.Error("another delivery verifies")
	}
	late := secrets.Headers(after, "d1", body, until)
	if verifies(old, late["webhook-id"], late["webhook-timestamp"], late["webhook-signature"], body) {
		t.Error("the old secret verifies after its time")
	}
	if other := secrets.Secret(hook.Hook{ID: "h2", Generation: 1}); other == old {
		t.Error("two hooks share a secret")
	}
}

func TestAHookThatFailsWaitsLongerAndEndsInTheEnd(t *testing.T) {
	t.Parallel()
	h, at := told(), now()
	batch := hook.Batch{Epoch: "e1", Head: 11, Events: []schema.Announced{event(11, schema.KindReport, "{}")}}
	var waits []time.Duration
	for h.EndedAt == nil {
		h = h.After(hook.Outcome{Problem: "503"}, batch, 11, at)
		if h.Seq != 10 {
			t.Fatal("a failed attempt moved the hook")
		}
		waits = append(waits, h.NextAt.Sub(at))
		at = h.NextAt
	}
	if first := waits[:4]; !cmp.Equal(first, []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second}) {
		t.Errorf("waits %v", first)
	}
	if longest := waits[len(waits)-1]; longest != 30*time.Minute || h.EndedWhy != "unreachable" || at.Sub(now()) < 47*time.Hour || at.Sub(now()) > 48*time.Hour {
		t.Errorf("ended %q after %v, last wait %v", h.EndedWhy, at.Sub(now()), longest)
	}
	ok := told().After(hook.Outcome{Problem: "503"}, batch, 11, now()).After(hook.Outcome{}, batch, 11, now().Add(time.Minute))
	if ok.Seq != 11 || ok.FailingSince != nil || ok.Attempts != 0 || ok.Delivered != 1 || ok.Problem != "" {
		t.Errorf("after it was taken: %+v", ok)
	}
	if gone := told().After(hook.Outcome{Problem: "410", Gone: true}, batch, 11, now()); gone.EndedWhy != "gone" {
		t.Errorf("a receiver that wants no more: %+v", gone)
	}
}

// On a unit's topic stand incidents too: nobody must take one for a report.
func TestAnIncidentIsToldAsOne(t *testing.T) {
	t.Parallel()
	e := event(11, schema.KindIncident, `{"code":"SC-2026-0001"}`)
	body, last := told().Write(hook.Batch{Epoch: "e1", Head: 11, Events: []schema.Announced{e}}, now())
	if last != 11 || !strings.Contains(string(body), `"type":"vn.toancanh.incident.changed"`) || !strings.Contains(string(body), "SC-2026-0001") {
		t.Errorf("up to %d told %s", last, body)
	}
}
