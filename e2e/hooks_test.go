//go:build e2e

package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/server/auth"
	"toancanh/server/hook"
)

// TestAHookHearsEverythingInOrder kills the program and lets the other system fail while reports come in: it hears every
// event of its topic at least once, in order, signed.
func TestAHookHearsEverythingInOrder(t *testing.T) {
	t.Parallel()
	w := newTown(t, "")
	s := w.serve("TOANCANH_HOOK_NETWORKS=127.0.0.1")
	key, err := auth.KeyFile(filepath.Join(w.dir, "keys", "hook.key"))
	if err != nil {
		t.Fatal(err)
	}
	topic := schema.UnitTopic("so-xd")
	told := hook.Hook{ID: "thu", Topic: topic, Generation: 1}
	o := &otherSystem{t: t, secret: hook.NewSecrets(key).Secret(told)}
	receiver := httptest.NewServer(o)
	defer receiver.Close()
	if _, err := w.pool.Exec(t.Context(), `insert into hook (id, label, url, topic, epoch, seq)
		select 'thu', 'Sở Xây dựng', $1, $2, epoch, 0 from relay`, receiver.URL, topic); err != nil {
		t.Fatal(err)
	}
	officer := officersOf(t, s)
	for range times(2, 50) {
		officer.awaitDone(25)
		s.kill()
		s.start()
		s.awaitReady(readyWithin)
	}
	officer.awaitDone(25)
	officer.stop()
	var head int64
	eventually(t, "every event was numbered and taken", 60*time.Second, func() bool {
		var waiting int
		err := w.pool.QueryRow(t.Context(), `select (select count(*) from outbox), coalesce((select seq from topic_head where topic = $1), 0)`, topic).
			Scan(&waiting, &head)
		return err == nil && waiting == 0 && o.heard() == head
	}, func() string { return fmt.Sprintf("heard up to %d of %d", o.heard(), head) })
	if head < 5 {
		t.Errorf("%d events: too few to tell", head)
	}
	o.check()
}

// otherSystem takes deliveries, refuses every third, and keeps what it took.
type otherSystem struct {
	t      testing.TB
	secret string

	mu     sync.Mutex
	last   int64
	faults []string
}

func (o *otherSystem) heard() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

func (o *otherSystem) check() {
	for _, f := range o.faults {
		o.t.Error(f)
	}
}

func (o *otherSystem) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the program was killed in the middle
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !signed(o.secret, r.Header, body) {
		o.faults = append(o.faults, fmt.Sprintf("a delivery is not signed: %v, %d bytes of %d", r.Header, len(body), r.ContentLength))
	}
	if rand.IntN(3) == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var events []struct{ Type, Sequence, Subject string }
	if err := json.Unmarshal(body, &events); err != nil {
		o.faults = append(o.faults, err.Error())
	}
	for _, e := range events {
		seq, err := strconv.ParseInt(e.Sequence, 10, 64)
		switch {
		case err != nil || e.Type == "vn.toancanh.reset":
			o.faults = append(o.faults, fmt.Sprintf("event %+v: %v", e, err))
		case seq > o.last+1:
			o.faults = append(o.faults, fmt.Sprintf("event %d follows %d", seq, o.last))
		}
		o.last = max(o.last, seq)
	}
}

func signed(secret string, header http.Header, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", header.Get("webhook-id"), header.Get("webhook-timestamp"), body)
	return strings.Contains(header.Get("webhook-signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
