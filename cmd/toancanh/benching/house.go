package benching

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/valyala/fasthttp"

	"toancanh/cmd/toancanh/client"
	"toancanh/schema"
	"toancanh/server/auth"
	"toancanh/server/embedded"
	"toancanh/server/store"
)

// house is a database, a Redis where one is installed, a mail server, and the verb serve against them.
type house struct {
	name     string // of its server's log and data
	postgres *embedded.Postgres
	redis    *embedded.Redis // nil: the bus is in the server
	office   *office         // nil: no mail is sent
	database string          // address of the application role
	server   *part
	address  string // host:port
	private  string // host:port of profiles
	key      string // a key with every right
	log      *os.File
	http     *fasthttp.Client
}

// mostConnections bounds the connections to one server.
const mostConnections = 1024

// theHouse starts everything, or returns what runs.
func (b *bench) theHouse(ctx context.Context) (*house, error) {
	if b.house != nil {
		return b.house, nil
	}
	h := &house{name: "house", http: &fasthttp.Client{
		MaxConnsPerHost: mostConnections, ReadTimeout: handshakeLimit, WriteTimeout: handshakeLimit, NoDefaultUserAgentHeader: true,
		MaxIdemponentCallAttempts: 1,
	}}
	b.house = h
	options := embedded.Options{DataDir: filepath.Join(b.dir, "house")}
	var err error
	if h.postgres, err = embedded.StartPostgres(ctx, options); err != nil {
		return nil, err
	}
	if err := schema.Migrate(ctx, h.postgres.DSN(embedded.Owner, embedded.Database)); err != nil {
		return nil, err
	}
	h.database = h.postgres.DSN("toancanh_app", embedded.Database)
	redis := ""
	switch h.redis, err = embedded.StartRedis(ctx, options); {
	case errors.Is(err, embedded.ErrNoRedis):
	case err != nil:
		return nil, err
	default:
		redis = h.redis.URL()
	}
	if h.office, err = openOffice(ctx); err != nil {
		return nil, err
	}
	if h.key, err = newKey(ctx, h.database); err != nil {
		return nil, err
	}
	return h, h.serve(ctx, b, redis)
}

// newKey makes a key with every right.
func newKey(ctx context.Context, database string) (string, error) {
	s, err := store.Open(ctx, database, store.Sizes{Write: 1, Read: 1})
	if err != nil {
		return "", err
	}
	defer s.Close()
	key, token, err := auth.NewKey("bench", auth.Rights()...)
	if err != nil {
		return "", err
	}
	return token, s.AddKey(ctx, key)
}

// serve starts the server as an operator would, but for its limits, and waits until it can store a report.
func (h *house) serve(ctx context.Context, b *bench, redis string) error {
	var err error
	if h.address, err = freeAddress(ctx); err != nil {
		return err
	}
	if h.private, err = freeAddress(ctx); err != nil {
		return err
	}
	if h.log, err = os.Create(filepath.Join(b.dir, h.name+".log")); err != nil {
		return fmt.Errorf("open the server's log: %w", err)
	}
	cmd := exec.CommandContext(ctx, b.Program[0], append(b.Program[1:], "serve")...) //nolint:gosec // this program
	cmd.Env = append(foreignEnvironment(), "TOANCANH_DATABASE_URL="+h.database, "TOANCANH_REDIS_URL="+redis, "TOANCANH_LISTEN="+h.address,
		"TOANCANH_METRICS_LISTEN="+h.private, "TOANCANH_DATA="+filepath.Join(b.dir, h.name), "TOANCANH_LIMITS=off", "TOANCANH_LOG_FORMAT=json")
	if h.office != nil {
		cmd.Env = append(cmd.Env, "TOANCANH_SMTP_URL="+h.office.address, "TOANCANH_SMTP_FROM=ioc@bench.test", "TOANCANH_SMTP_HOME=https://bench.test")
	}
	cmd.Stderr = h.log
	endWith(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	h.server = &part{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(h.server.done)
		_ = cmd.Wait()
	}()
	return h.ready(ctx)
}

// foreignEnvironment is the environment without settings of ours, which would reach into the measured server.
func foreignEnvironment() []string {
	var kept []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TOANCANH_") {
			kept = append(kept, pair)
		}
	}
	return kept
}

func (h *house) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		status, _, err := h.do(fasthttp.MethodGet, "/readyz", nil)
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-h.server.done:
			return fmt.Errorf("the server ended: %s", lastLine(h.log.Name()))
		case <-ctx.Done():
			return fmt.Errorf("wait for the server: status %d, %w", status, errors.Join(ctx.Err(), err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func lastLine(path string) string {
	raw, err := os.ReadFile(path) //nolint:gosec // our own file
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return lines[len(lines)-1]
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// do sends one request to the server with the key and reads the answer.
func (h *house) do(method, path string, body []byte) (int, []byte, error) {
	return h.doAt(h.address, method, path, map[string]string{"Authorization": "Bearer " + h.key}, body)
}

func (h *house) doAt(address, method, path string, headers map[string]string, body []byte) (int, []byte, error) {
	a, err := h.exchange(address, method, path, headers, body)
	return a.status, a.body, err
}

// reply is what came back for a request.
type reply struct {
	status int
	body   []byte
	retry  string // the header Retry-After
}

func (h *house) exchange(address, method, path string, headers map[string]string, body []byte) (reply, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI("http://" + address + path)
	req.Header.SetMethod(method)
	req.Header.SetContentType("application/json")
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	req.SetBodyRaw(body)
	if err := h.http.Do(req, resp); err != nil {
		return reply{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return reply{resp.StatusCode(), append([]byte(nil), resp.Body()...), string(resp.Header.Peek(fasthttp.HeaderRetryAfter))}, nil
}

// postReport sends one report to a server at address, as anybody may, and returns the answer.
func (h *house) postReport(address string, body []byte) ([]byte, error) {
	status, answer, err := h.doAt(address, fasthttp.MethodPost, "/api/v1/reports", map[string]string{"Idempotency-Key": uuid.NewString()}, body)
	if err != nil {
		return nil, err
	}
	if status != http.StatusCreated {
		return nil, fmt.Errorf("post report: status %d: %.300s", status, answer)
	}
	return answer, nil
}

// reportBody is the body of the n-th report: places and words differ as those of people do.
func reportBody(n int) []byte {
	return bodyOf(n, fmt.Sprintf("Rác sinh hoạt đổ thành đống cạnh chợ, bốc mùi hai ngày nay, đề nghị thu gom (%d)", n))
}

// bodyOf is reportBody in other words, which hold nothing that JSON would escape.
func bodyOf(n int, words string) []byte {
	lat, lon := 12.007+float64(n%40)*0.0005, 107.696+float64(n%37)*0.0005
	return fmt.Appendf(nil, `{"category":"MT","description":"%s",`+
		`"location":{"lat":%.5f,"lon":%.5f},"address":"Gần chợ Nghĩa Thành, đường Tôn Đức Thắng",`+
		`"contact":{"name":"Nguyễn Thị Thử","phone":"0900%06d"}}`, words, lat, lon, n%1_000_000)
}

// another makes a second database on the same server and returns its address for the application role.
func (h *house) another(ctx context.Context, name string) (string, error) {
	conn, err := pgx.Connect(ctx, h.postgres.DSN(embedded.Owner, embedded.Database))
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", fmt.Errorf("make database %s: %w", name, err)
	}
	return h.postgres.DSN("toancanh_app", name), schema.Migrate(ctx, h.postgres.DSN(embedded.Owner, name))
}

// query asks a database for one number.
func (h *house) query(ctx context.Context, database, sql string) (float64, error) {
	conn, err := pgx.Connect(ctx, h.postgres.DSN(embedded.Owner, database))
	if err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var n float64
	if err := conn.QueryRow(ctx, sql).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", sql, err)
	}
	return n, nil
}

// drained waits until the relay has numbered everything.
func (h *house) drained(ctx context.Context, database string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		n, err := h.query(ctx, database, "select count(*) from outbox")
		if err != nil || n == 0 {
			return err
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("%v events are still to be numbered: %w", n, ctx.Err())
		}
	}
}

// profiled keeps a CPU profile of the server while work runs, if profiles are wanted.
func (b *bench) profiled(ctx context.Context, name string, work func() error) error {
	if b.Profile == "" {
		return work()
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	kept := make(chan error, 1)
	go func() { kept <- b.house.profile(ctx, filepath.Join(b.Profile, name+".pprof")) }()
	err := work()
	kept2 := <-kept
	cancel()
	return errors.Join(err, kept2)
}

func (h *house) profile(ctx context.Context, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.private+"/debug/pprof/profile?seconds=4", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("fetch profile: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	file, err := os.Create(path) //nolint:gosec // named by who runs the bench
	if err != nil {
		return fmt.Errorf("keep profile: %w", err)
	}
	_, err = io.Copy(file, resp.Body)
	return errors.Join(err, file.Close())
}

// sensors registers n sensors of the bench and returns their codes.
func (h *house) sensors(n int) ([]string, error) {
	return h.register(n, client.Sensor{Code: "bench", Kind: "temperature", Unit: "°C", StaleAfterS: 600})
}

// register registers n sensors like one, whose code begins theirs.
func (h *house) register(n int, like client.Sensor) ([]string, error) {
	codes := make([]string, n)
	list := make([]client.Sensor, n)
	for i := range n {
		list[i] = like
		list[i].Code, list[i].Name, list[i].Lat, list[i].Lon = fmt.Sprintf("%s-%03d", like.Code, i), fmt.Sprintf("Trạm thử %d", i), 12.007, 107.696
		codes[i] = list[i].Code
	}
	body, err := encode(struct {
		Sensors []client.Sensor `json:"sensors"`
	}{list})
	if err != nil {
		return nil, err
	}
	status, answer, err := h.do(fasthttp.MethodPut, "/api/v1/sensors", body)
	if err == nil && (status < 200 || status > 299) {
		err = fmt.Errorf("register sensors: status %d: %.300s", status, answer)
	}
	return codes, err
}

// closeServer ends the server alone.
func (h *house) closeServer() {
	if h.server != nil {
		h.server.stop()
	}
	if h.log != nil {
		_ = h.log.Close()
	}
}

func (h *house) close() {
	h.closeServer()
	if h.office != nil {
		h.office.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if h.redis != nil {
		_ = h.redis.Stop(ctx)
	}
	if h.postgres != nil {
		_ = h.postgres.Stop(ctx)
	}
}
