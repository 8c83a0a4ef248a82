package benching

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/store"
)

// How people sign in beside the road: this many a second, each of them one of so many accounts in turn.
const (
	signInRate     = 20
	signInAccounts = 40
	signInPassword = "trâu ngựa ghế đèn" //nolint:gosec // of accounts that live as long as the run
	reportRate     = 20
)

// signin compares the way from a POST to the frame at the walls while nobody signs in with the same while people do, and
// while somebody guesses at one account. The rounds alternate: quiet, sign-ins, guesses. Hashing is bounded, so that it
// may refuse and must not slow the road.
func signin(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	logins, err := h.people(ctx, signInAccounts)
	if err != nil {
		return err
	}
	walls := size(b, 5, 50, 50)
	w, err := h.atWall()
	if err != nil {
		return err
	}
	watch := &watcher{frames: map[string][]time.Time{}}
	crowd := newCrowd()
	crowd.event = watch.saw
	if err := crowd.join(ctx, walls, 0, w); err != nil {
		return err
	}
	defer crowd.leave()
	p := pace{rate: reportRate, long: size(b, time.Second, 8*time.Second, 30*time.Second)}
	p99 := func() (float64, error) {
		_, frames, err := watch.measure(ctx, h, p, walls)
		return percentile(frames, 0.99).Seconds(), err
	}
	if _, err := p99(); err != nil { // the first reports warm up
		return err
	}
	var people, guesses pairs
	signed, guessed := &knocks{}, &knocks{}
	for range b.Rounds {
		quiet, err := p99()
		if err != nil {
			return err
		}
		var beside, under float64
		turns := func(n int) (login, password string) { return logins[n%len(logins)], signInPassword }
		signed.add(h.knock(ctx, turns, func() { beside, err = p99() }))
		if err != nil {
			return err
		}
		// One account is guessed at; every fourth knock is another's own.
		mixed := func(n int) (login, password string) {
			if n%4 == 0 {
				return logins[1+n/4%(len(logins)-1)], signInPassword
			}
			return logins[0], "sai rồi sai rồi"
		}
		guessed.add(h.knock(ctx, mixed, func() { under, err = p99() }))
		if err != nil {
			return err
		}
		people.add(beside, quiet)
		guesses.add(under, quiet)
	}
	b.table.row(line{
		name: fmt.Sprintf("%d lần đăng nhập/s, p99", signInRate), figure: millis(median(people.figures)), floor: millis(median(people.floors)),
		value: people.ratio(), limit: &limit{most: 1.2}, spread: people.spread(),
	})
	b.table.row(line{
		name: "dò mật khẩu một tài khoản, p99", figure: millis(median(guesses.figures)), floor: millis(median(guesses.floors)),
		value: guesses.ratio(), limit: &limit{most: 1.2}, spread: guesses.spread(),
	})
	b.table.note("đăng nhập: %s; khi dò: %s", signed, guessed)
	b.table.row(line{
		name: "người khác bị từ chối khi dò", figure: fmt.Sprint(guessed.locked), value: float64(guessed.locked), limit: &limit{none: true},
	})
	b.table.note("mức nền: cùng lượt, không ai đăng nhập; %d phản ánh/s, %d màn hình", reportRate, walls)
	return crowd.faults()
}

func millis(seconds float64) string { return fmt.Sprintf("%.1f ms", seconds*1000) }

// people makes accounts that can sign in, all with one password, hashed once.
func (h *house) people(ctx context.Context, n int) ([]string, error) {
	s, err := store.Open(ctx, h.database, store.Sizes{Write: 1, Read: 1})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	phc, err := auth.NewHasher().Hash(ctx, signInPassword)
	if err != nil {
		return nil, err
	}
	logins := make([]string, n)
	for i := range logins {
		id, err := auth.NewPersonID()
		if err != nil {
			return nil, err
		}
		_, hash, err := auth.NewSecret()
		if err != nil {
			return nil, err
		}
		logins[i] = fmt.Sprintf("bench-%03d", i)
		p := auth.Person{ID: id, Login: logins[i], Name: "Bench", Roles: []access.Role{access.Operator}}
		if err := s.AddPerson(ctx, p, store.Invitation{Hash: hash, ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
			return nil, err
		}
		if err := s.TakeInvitation(ctx, hash, time.Now(), phc); err != nil {
			return nil, err
		}
	}
	return logins, nil
}

// knocks are what became of tries to sign in.
type knocks struct {
	mu     sync.Mutex
	in     int // signed in
	wrong  int // told that the password is wrong: one hash each
	slowed int // told to wait, without a hash
	busy   int // told to come back, the queue of hashes being full
	locked int // refused with the right password: somebody else's guesses reached them
	failed int // anything else
}

func (k *knocks) add(other *knocks) {
	k.in, k.wrong, k.slowed, k.busy = k.in+other.in, k.wrong+other.wrong, k.slowed+other.slowed, k.busy+other.busy
	k.failed, k.locked = k.failed+other.failed, k.locked+other.locked
}

func (k *knocks) String() string {
	return fmt.Sprintf("%d vào được, %d sai, %d bị hoãn, %d quá đông, %d lỗi khác", k.in, k.wrong, k.slowed, k.busy, k.failed)
}

// count takes an answer in; right says that the password was.
func (k *knocks) count(status int, err error, right bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err != nil:
		k.failed++
	case status == http.StatusOK:
		k.in++
	case status == http.StatusUnauthorized && !right:
		k.wrong++
	case status == http.StatusTooManyRequests && !right:
		k.slowed++
	case status == http.StatusServiceUnavailable:
		k.busy++
	case status == http.StatusTooManyRequests, status == http.StatusUnauthorized:
		k.locked++
	default:
		k.failed++
	}
}

// knock tries to sign in at the pace while work runs, the n-th time as who says.
func (h *house) knock(ctx context.Context, who func(n int) (login, password string), work func()) *knocks {
	k := &knocks{}
	ctx, stop := context.WithCancel(ctx)
	var under sync.WaitGroup
	under.Go(func() {
		tick := time.NewTicker(time.Second / signInRate)
		defer tick.Stop()
		for n := 0; ; n++ {
			login, password := who(n)
			under.Go(func() {
				status, err := h.signIn(login, password)
				k.count(status, err, password == signInPassword)
			})
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	work()
	stop()
	under.Wait()
	return k
}

// signIn asks for a session, as the console's page does.
func (h *house) signIn(login, password string) (status int, err error) {
	body, err := encode(map[string]string{"login": login, "password": password})
	if err != nil {
		return 0, err
	}
	status, _, err = h.doAt(h.address, fasthttp.MethodPost, "/api/v1/session", map[string]string{"X-Toancanh": "1"}, body)
	return status, err
}
