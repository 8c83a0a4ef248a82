package hub

import (
	"cmp"
	"crypto/ed25519"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"
)

// Config is what a Hub is made of. Bus and Source are required; TicketKey too, unless only public topics
// are listened to. Every other field has a default, taken when it is zero.
type Config struct {
	Bus        Bus                   // where batches come from
	Source     Source                // who answers what the bus did not bring
	TicketKey  ed25519.PublicKey     // checks tickets; empty: no ticket is accepted
	Build      string                // shown in hello, so that an old page can ask to be reloaded
	Log        *slog.Logger          // default: discard
	Registerer prometheus.Registerer // default: metrics are kept but registered nowhere
	Origins    []string              // allowed Origin values beside the request's own host, "https://a.example:8443"
	// Caller is where a request comes from, behind proxies too; default: the peer's address.
	Caller   func(*fasthttp.RequestCtx) netip.Addr
	NoLimits bool  // lifts every limit on sockets and their rate, for measuring
	Clock    Clock // default: the system's clock

	Shards         int           // goroutines that own the sockets; default GOMAXPROCS
	FlushEvery     time.Duration // least time between two writes of a shard while events keep coming; default 25 ms
	LevelEvery     time.Duration // least time between two level frames of a topic; default 250 ms
	BeatEvery      time.Duration // default 2 s
	PublicBeatEach int           // a client of public topics alone gets every n-th beat; default 5
	PingEvery      time.Duration // default 25 s, spread by ±20 %; two unanswered pings end a socket
	SlowAfter      time.Duration // how long a socket may take nothing before it is closed; default 20 s
	PendingBytes   int           // unsent bytes a client may pile up before it skips; default 256 KiB
	SendBuffer     int           // the kernel's buffer for a socket, bytes; default 128 KiB

	RingFor     time.Duration // how long an event stays in a topic's ring; default 2 min
	RingBytes   int           // the most a topic's ring holds; default 16 MiB
	ResumeBytes int           // a client further behind than this takes a snapshot; default 2 MiB
	HoldEvents  int           // events of a topic that may wait behind a gap; default 4,096

	SnapshotEvery  time.Duration // least time between two snapshots of a topic; default 5 s
	JoinWait       time.Duration // how long a joiner waits for its topics; default 5 s
	SourceTimeout  time.Duration // for one question to Source; default 3 s
	RepairPatience time.Duration // how long a gap may stay before clients are told to reset; default 5 s
	RepairPause    time.Duration // first pause between two tries at Source, doubled up to 2 s; default 100 ms
	ControlGrace   time.Duration // how long persons keep their sockets while revocations are unsure; default 60 s
	TopicIdle      time.Duration // how long a topic without listeners stays open; default 2 min
	MaxTopics      int           // open topics; default 10,000
	PulseWithin    time.Duration // Ready wants a pulse this young on every channel; default 5 s

	MaxTicketed    int           // sockets and streams with a ticket; default 10,000
	MaxPublic      int           // public sockets of the process; default 10,000
	MaxStreams     int           // public event streams of the process; default 2,000
	MaxPerNetwork  int           // public sockets of one /24 or /56; default 2,000
	RatePerNetwork float64       // new public sockets a second of one /24 or /56; default 50
	Retry          time.Duration // the pause before coming back, told in hello; default 3 s
	DrainSpread    time.Duration // over how long Shutdown spreads its closes; default 1 s
}

// withDefaults fills what was left zero.
func (c Config) withDefaults() Config {
	const kib = 1 << 10
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Clock == nil {
		c.Clock = systemClock{}
	}
	if c.Caller == nil {
		c.Caller = peer
	}
	c.Shards = cmp.Or(c.Shards, runtime.GOMAXPROCS(0))
	c.FlushEvery = cmp.Or(c.FlushEvery, 25*time.Millisecond)
	c.LevelEvery = cmp.Or(c.LevelEvery, 250*time.Millisecond)
	c.BeatEvery = cmp.Or(c.BeatEvery, 2*time.Second)
	c.PublicBeatEach = cmp.Or(c.PublicBeatEach, 5)
	c.PingEvery = cmp.Or(c.PingEvery, 25*time.Second)
	c.SlowAfter = cmp.Or(c.SlowAfter, 20*time.Second)
	c.PendingBytes = cmp.Or(c.PendingBytes, 256*kib)
	c.SendBuffer = cmp.Or(c.SendBuffer, 128*kib)
	c.RingFor = cmp.Or(c.RingFor, 2*time.Minute)
	c.RingBytes = cmp.Or(c.RingBytes, 16*kib*kib)
	c.ResumeBytes = cmp.Or(c.ResumeBytes, 2*kib*kib)
	c.HoldEvents = cmp.Or(c.HoldEvents, 4096)
	c.SnapshotEvery = cmp.Or(c.SnapshotEvery, 5*time.Second)
	c.JoinWait = cmp.Or(c.JoinWait, 5*time.Second)
	c.SourceTimeout = cmp.Or(c.SourceTimeout, 3*time.Second)
	c.RepairPatience = cmp.Or(c.RepairPatience, 5*time.Second)
	c.RepairPause = cmp.Or(c.RepairPause, 100*time.Millisecond)
	c.ControlGrace = cmp.Or(c.ControlGrace, time.Minute)
	c.TopicIdle = cmp.Or(c.TopicIdle, 2*time.Minute)
	c.MaxTopics = cmp.Or(c.MaxTopics, 10_000)
	c.PulseWithin = cmp.Or(c.PulseWithin, 5*time.Second)
	c.MaxTicketed = cmp.Or(c.MaxTicketed, 10_000)
	c.MaxPublic = cmp.Or(c.MaxPublic, 10_000)
	c.MaxStreams = cmp.Or(c.MaxStreams, 2_000)
	c.MaxPerNetwork = cmp.Or(c.MaxPerNetwork, 2_000)
	c.RatePerNetwork = cmp.Or(c.RatePerNetwork, 50)
	c.Retry = cmp.Or(c.Retry, 3*time.Second)
	c.DrainSpread = cmp.Or(c.DrainSpread, time.Second)
	return c
}

// Clock tells the time; tests bring their own.
type Clock interface{ Now() time.Time }

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }
