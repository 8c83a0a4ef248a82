package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

// Right is something a key allows.
type Right string

// The rights of keys.
const (
	RightReadings  Right = "readings"  // post readings and sensor events
	RightSensors   Right = "sensors"   // register sensors
	RightProvision Right = "provision" // ask for sensors to be let in: people approve them
	RightReports   Right = "reports"   // post reports and act on them as a partner system
	RightScreens   Right = "screens"   // order and set up screens
	RightHistory   Right = "history"   // load the past: alone may set received_at and origin
	RightDrill     Right = "drill"     // makes everything the key sends a drill; the house gives it to its own player only
)

// Rights lists every right that people may give.
func Rights() []Right {
	return []Right{RightReadings, RightSensors, RightProvision, RightReports, RightScreens, RightHistory}
}

const keyPrefix = "tck_"

// Key is a gateway's or tool's key as the store keeps it. It carries no secret, only hashes.
type Key struct {
	ID     string
	Hash   []byte // SHA-256 of the secret
	Label  string
	Rights []Right
	Scope  KeyScope
	Rate   KeyRate

	Version     int64 // counts changes
	CreatedAt   time.Time
	RotatedAt   *time.Time
	Former      []byte     // SHA-256 of the secret before the newest rotation; nil without one
	FormerUntil *time.Time // until when that one opens too
	UsedAt      *time.Time // to the minute; written some time later
	RevokedAt   *time.Time
}

// KeyScope is what a key is made for; an empty list stands for everything.
type KeyScope struct {
	Sensors    []string // codes, or beginnings of codes that end in "*"
	Categories []string
	Areas      []string // "division/code", with all that lies in it
}

// Empty reports whether the scope leaves nothing out.
func (s KeyScope) Empty() bool { return len(s.Sensors)+len(s.Categories)+len(s.Areas) == 0 }

// KeyRate is how many requests a key may send.
type KeyRate struct {
	PerMinute int
	Burst     int // at once, after a pause
}

// UsualRate is that of a key whose maker names none: a hundred requests a second, each of which may be a bulk.
func UsualRate() KeyRate { return KeyRate{PerMinute: 6000, Burst: 1000} }

// MostRate is the highest there is.
func MostRate() KeyRate { return KeyRate{PerMinute: 600_000, Burst: 60_000} }

// The overlap of a rotation: how long the secret before it opens too.
const (
	UsualOverlap = 24 * time.Hour
	MostOverlap  = 30 * 24 * time.Hour
)

// NewKey draws a key for everything its rights reach; the token is told to its owner once and kept nowhere.
func NewKey(label string, rights ...Right) (Key, string, error) {
	raw := make([]byte, idBytes)
	if _, err := rand.Read(raw); err != nil {
		return Key{}, "", fmt.Errorf("draw key: %w", err)
	}
	return Key{ID: hex.EncodeToString(raw), Label: label, Rights: rights, Rate: UsualRate()}.Renew()
}

// Renew draws a new secret for the key.
func (k Key) Renew() (Key, string, error) {
	raw := make([]byte, keyBytes)
	if _, err := rand.Read(raw); err != nil {
		return Key{}, "", fmt.Errorf("draw key: %w", err)
	}
	secret := hex.EncodeToString(raw)
	k.Hash = hashKey(secret)
	return k, keyPrefix + k.ID + "_" + secret, nil
}

func hashKey(secret string) []byte {
	hash := sha256.Sum256([]byte(secret))
	return hash[:]
}

// SplitKey takes a token apart.
func SplitKey(token string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(token, keyPrefix)
	if !ok {
		return "", "", false
	}
	id, secret, ok = strings.Cut(rest, "_")
	return id, secret, ok && len(id) == 12 && len(secret) == 2*keyBytes
}

// Open says whether the secret opens the key now. Who shows a right secret is told why it opens no more; everybody else
// learns nothing.
func (k Key) Open(secret string, now time.Time) error {
	hash := hashKey(secret)
	present := subtle.ConstantTimeCompare(hash, k.Hash) == 1
	former := subtle.ConstantTimeCompare(hash, k.Former) == 1
	switch {
	case !present && !former:
		return ErrKey
	case k.RevokedAt != nil:
		return fault.Unauthenticated("Khóa này đã bị thu hồi.").Because("revoked")
	case present || k.FormerUntil != nil && now.Before(*k.FormerUntil):
		return nil
	}
	return fault.Unauthenticated("Khóa này đã được thay bằng khóa mới và hết thời gian dùng song song.").Because("rotated")
}

// ErrKey refuses a key that nobody knows.
var ErrKey = fault.Unauthenticated("Khóa không đúng hoặc đã bị thu hồi.").Because("key") //nolint:gochecknoglobals // an error value

// May reports whether the key has a right.
func (k Key) May(r Right) bool { return slices.Contains(k.Rights, r) }

// Name is the key as deeds and audit name it; empty for the zero key.
func (k Key) Name() string {
	if k.ID == "" {
		return ""
	}
	return "key:" + k.ID
}

// Subject is whom tickets of the key name. Each change of the key makes another, so that earlier tickets can be voided.
func (k Key) Subject() string {
	if k.Version <= 1 {
		return k.Name()
	}
	return fmt.Sprintf("%s/%d", k.Name(), k.Version)
}

// Bounds of what is set of a key.
const (
	mostLabel = 100 // characters
	mostScope = 50  // entries of one list
)

// sensorPattern is a sensor's code, or the beginning of one with a star behind it.
var sensorPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\*?$`) //nolint:gochecknoglobals // a constant Go has no literal for

// Known tells what there is in the house.
type Known struct {
	Category func(code string) bool
	Area     func(division, code string) bool
}

// CheckKey makes what was set of a key canonical and says everything that is wrong with it.
func CheckKey(k Key, known Known) (Key, error) {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid(field, format, args...).Because(reason))
	}
	k.Label = strings.TrimSpace(norm.NFC.String(k.Label))
	if n := utf8.RuneCountInString(k.Label); n == 0 || n > mostLabel || strings.ContainsFunc(k.Label, unicode.IsControl) {
		wrong("label", "format", "Tên khóa có từ 1 đến %d ký tự.", mostLabel)
	}
	if len(k.Rights) == 0 {
		wrong("rights", "required", "Cần ít nhất một quyền.")
	}
	for _, r := range k.Rights {
		if !slices.Contains(Rights(), r) {
			wrong("rights", "unknown", "Không có quyền %q.", clipped(string(r)))
		}
	}
	if k.May(RightScreens) && !k.Scope.Empty() {
		wrong("rights", "scope", "Khóa điều khiển màn hình không giới hạn được theo phạm vi; hãy cấp một khóa riêng.")
	}
	most := MostRate()
	if k.Rate.PerMinute < 1 || k.Rate.PerMinute > most.PerMinute {
		wrong("per_minute", "out_of_range", "Số yêu cầu mỗi phút từ 1 đến %d.", most.PerMinute)
	}
	if k.Rate.Burst < 1 || k.Rate.Burst > most.Burst {
		wrong("burst", "out_of_range", "Số yêu cầu dồn một lúc từ 1 đến %d.", most.Burst)
	}
	for _, list := range []struct {
		field, what string
		items       []string
		fits        func(string) bool
	}{
		{"scope.sensors", "mẫu mã cảm biến", k.Scope.Sensors, sensorPattern.MatchString},
		{"scope.categories", "lĩnh vực", k.Scope.Categories, known.Category},
		{"scope.areas", "địa bàn (dạng <bộ địa giới>/<mã>)", k.Scope.Areas, func(name string) bool {
			division, code, _ := strings.Cut(name, "/")
			return known.Area(division, code)
		}},
	} {
		if len(list.items) > mostScope {
			wrong(list.field, "too_many", "Tối đa %d mục.", mostScope)
			continue
		}
		for _, item := range list.items {
			if !list.fits(item) {
				wrong(list.field, "unknown", "Không có %s %q.", list.what, clipped(item))
			}
		}
	}
	return k, fault.Join(faults...)
}

// clipped shortens what was sent before it is repeated.
func clipped(text string) string {
	const most = 60
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// CheckOverlap says whether a rotation may leave the secret before it so long.
func CheckOverlap(d time.Duration) error {
	if d < 0 || d > MostOverlap {
		return fault.Invalid("overlap_hours", "Thời gian dùng song song từ 0 đến %d giờ.", int(MostOverlap/time.Hour)).Because("out_of_range")
	}
	return nil
}
