//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

// giveUp is how long a sender repeats one report before it leaves it unknown.
const giveUp = 60 * time.Second

// load sends reports and works on them until it is stopped. It repeats what met no answer, with the same key.
type load struct {
	*ledger
	t          testing.TB
	servers    []*server
	places     []place
	categories []string
	end        func() // once
	ended      chan struct{}
	client     *http.Client
	workers    sync.WaitGroup
	gate       sync.RWMutex // held by whoever has a report under way
	paused     bool
	number     atomic.Int64
	left       atomic.Bool // the test is over: nobody waits for an answer any more

	timesMu sync.Mutex
	acks    []ack
	tally   map[int]int
	cut     int // requests that went out and got no answer at all
}

// ack is one answer that acknowledged a report.
type ack struct {
	at   time.Time
	took time.Duration
}

// senders is how many send at once; each pauses between two reports.
const (
	senders     = 4
	senderPause = 60 * time.Millisecond
)

// send starts a load on the servers, each sender going from one to the next.
func send(t testing.TB, servers ...*server) *load {
	t.Helper()
	l := &load{
		ledger: newLedger(), t: t, servers: servers, places: servers[0].communes(), categories: servers[0].categories(),
		ended: make(chan struct{}), tally: map[int]int{},
	}
	l.client = shared
	if len(servers) > 1 { // whoever has another server does not wait long for this one
		impatient := *shared
		impatient.Timeout = time.Second
		l.client = &impatient
	}
	l.end = sync.OnceFunc(func() { close(l.ended) })
	for i := range senders {
		l.workers.Go(func() { l.work(i) })
	}
	t.Cleanup(func() {
		l.left.Store(true)
		l.end()
		l.resume()
		l.workers.Wait()
	})
	l.awaitAcks(5)
	return l
}

// awaitAcks waits until so many more reports were acknowledged.
func (l *load) awaitAcks(more int) {
	l.t.Helper()
	before, _ := l.counts()
	eventually(l.t, fmt.Sprintf("%d more reports are acknowledged", more), 40*time.Second, func() bool {
		now, _ := l.counts()
		return now >= before+more
	}, l.summary)
}

// stop ends the load when every report under way has its answer.
func (l *load) stop() {
	l.t.Helper()
	l.end()
	l.workers.Wait()
	if _, unknown := l.counts(); unknown > 0 {
		l.t.Errorf("%d reports got no answer within %v: %s", unknown, giveUp, l.summary())
	}
}

// pause returns when nothing is under way; then the database stands still until resume.
func (l *load) pause() {
	l.gate.Lock()
	l.paused = true
}

// resume undoes pause.
func (l *load) resume() {
	if l.paused {
		l.paused = false
		l.gate.Unlock()
	}
}

// work sends one report after the other.
func (l *load) work(worker int) {
	for turn := worker; ; turn++ {
		select {
		case <-l.ended:
			return
		case <-time.After(senderPause/2 + rand.N(senderPause)):
		}
		l.once(turn)
	}
}

// once sends one report and sees to every second one.
func (l *load) once(turn int) {
	l.gate.RLock()
	defer l.gate.RUnlock()
	if id := l.report(turn); id != "" && turn%2 == 0 {
		l.handle(turn, id)
	}
}

// report sends one report until it is acknowledged and returns its id, empty when it never was.
func (l *load) report(turn int) string {
	p := l.places[rand.N(len(l.places))]
	text := fmt.Sprintf("Rác thải chưa được thu gom %s, lần %d", strings.Repeat("ở chợ ", 1+turn%3), l.number.Add(1))
	body, err := json.Marshal(map[string]any{
		"category": l.categories[rand.N(len(l.categories))], "description": text,
		"location": map[string]float64{"lat": p.Lat, "lon": p.Lon},
		"contact":  map[string]string{"name": "Nguyễn Văn Thử", "phone": "0905123456"},
	})
	if err != nil {
		panic(err)
	}
	key := uuid.NewString()
	for began := time.Now(); time.Since(began) < giveUp && !l.left.Load(); turn++ {
		l.sent(key, text)
		a, err := l.api(turn).send(http.MethodPost, "/api/v1/reports", header(key), body)
		id, wait := l.judge(key, a, err)
		if id != "" {
			if turn%8 == 0 { // whoever asks again hears the same
				again, err := l.api(turn).send(http.MethodPost, "/api/v1/reports", header(key), body)
				l.judge(key, again, err)
			}
			return id
		}
		time.Sleep(wait) // a sender's own pause
	}
	return ""
}

func (l *load) api(turn int) api { return api{l.servers[turn%len(l.servers)].addr, l.client} }

func header(key string) http.Header { return http.Header{"Idempotency-Key": {key}} }

// judge reads an answer to a report. Only being acknowledged or being told to come back is right.
func (l *load) judge(key string, a answer, err error) (id string, wait time.Duration) {
	l.note(a, err)
	l.inTime(a.took, "report")
	switch {
	case err != nil:
		return "", 50 * time.Millisecond
	case a.status == http.StatusCreated || a.status == http.StatusOK:
		var receipt struct{ ID, Code string }
		if err := json.Unmarshal(a.body, &receipt); err != nil || receipt.ID == "" || receipt.Code == "" {
			l.fault("receipt %.200s: %v", a.body, err)
		}
		l.acknowledged(key, receipt.ID, receipt.Code)
		return receipt.ID, 0
	case a.status == http.StatusServiceUnavailable || a.status == http.StatusConflict || a.status == http.StatusTooManyRequests:
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			l.fault("answer %d without Retry-After: %.200s", a.status, a.body)
		}
		return "", min(time.Duration(seconds)*time.Second, time.Second)
	default:
		l.fault("answer %d to a good report: %.300s", a.status, a.body)
		return "", time.Second
	}
}

func (l *load) note(a answer, err error) {
	l.timesMu.Lock()
	defer l.timesMu.Unlock()
	l.tally[a.status]++
	switch {
	case err != nil && !strings.Contains(err.Error(), "connection refused"):
		l.cut++
	case err == nil && a.status < 300:
		l.acks = append(l.acks, ack{time.Now(), a.took})
	}
}

// handle works on a report as staff do: accepts it, hands it out and has it begun.
func (l *load) handle(turn int, id string) {
	version := int64(1)
	for _, act := range []map[string]any{
		{"act": "accept"}, {"act": "assign", "unit": "so-xd"}, {"act": "start"},
	} {
		act["version"] = version
		if !l.act(turn, id, act) {
			return
		}
		version++
	}
}

// answerWithin is how long an answer may take, whatever hangs: the program's own bound is 5 s.
const answerWithin = 5500 * time.Millisecond

// inTime notes an answer that took too long.
func (l *load) inTime(took time.Duration, what string) {
	if took > limit(answerWithin) {
		l.fault("the answer to a %s took %v", what, took.Round(time.Millisecond))
	}
}

// act does one act once. Without an answer it may or may not have happened, and is left alone.
func (l *load) act(turn int, id string, act map[string]any) bool {
	var answer struct {
		Report struct {
			Version int64 `json:"version"`
		} `json:"report"`
	}
	began := time.Now()
	err := l.api(turn).postJSON("/api/v1/reports/"+id+"/acts", act, &answer)
	l.inTime(time.Since(began), "act")
	if err != nil {
		return false
	}
	if want := act["version"].(int64) + 1; answer.Report.Version != want {
		l.fault("act %v of %s made version %d, want %d", act["act"], id, answer.Report.Version, want)
	}
	l.done(deed{id, act["act"].(string), answer.Report.Version})
	return true
}

// since are the times of the reports acknowledged after an instant, shortest first.
func (l *load) since(at time.Time) []time.Duration {
	l.timesMu.Lock()
	defer l.timesMu.Unlock()
	var took []time.Duration
	for _, a := range l.acks {
		if a.at.After(at) {
			took = append(took, a.took)
		}
	}
	slices.Sort(took)
	return took
}

// summary says for people what was answered.
func (l *load) summary() string {
	l.timesMu.Lock()
	defer l.timesMu.Unlock()
	known, unknown := l.counts()
	return fmt.Sprintf("%d acknowledged, %d unknown, answers by status %v (0: none), %d cut", known, unknown, l.tally, l.cut)
}

// share is the time under which so many percent of the times lie.
func share(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}
