package open311

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/report"
	"toancanh/server/store"
)

// mostForm bounds a posted form, in bytes.
const mostForm = 64 << 10

// sameWithin is how long the same words from the same sender are taken for a repetition, at least; at most twice as long.
const sameWithin = 10 * time.Minute

// scopeOf names callers and this route in the book of repeated deeds.
const scopeOf = " POST /open311/v2/requests"

// receipt is the answer to a report: its public code, or the token of one whose sender asked for that.
type receipt struct {
	ID     string `json:"service_request_id,omitempty" xml:"service_request_id,omitempty"`
	Token  string `json:"token,omitempty" xml:"token,omitempty"`
	Notice string `json:"service_notice" xml:"service_notice"`
}

// ticket is the answer about a token.
type ticket struct {
	ID    string `json:"service_request_id" xml:"service_request_id"`
	Token string `json:"token" xml:"token"`
}

func (d *Door) postRequest(ctx context.Context, c *fiber.Ctx, f format) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	key, err := d.sender(ctx, c, form.one("api_key"))
	if err != nil {
		return err
	}
	submission, err := d.submission(form)
	if err != nil {
		return err
	}
	if key.ID != "" {
		submission.May = d.Keys.ReportWithin(key)
	}
	answer, repeated, err := d.accept(ctx, c, key, submission, form)
	if err != nil {
		return err
	}
	var taken intake.Receipt
	if err := json.Unmarshal(answer, &taken); err != nil {
		return fault.Internal(err)
	}
	if repeated {
		c.Set("Idempotency-Replayed", "true")
	}
	one := receipt{ID: taken.Code, Notice: d.notice(form, d.following(c, taken, repeated && key.ID == ""))}
	status := fiber.StatusCreated
	if wantsToken(c) {
		// The report's own number is drawn by chance and known to its sender alone.
		one.ID, one.Token, status = "", taken.ID, fiber.StatusAccepted
		c.Set("Preference-Applied", "respond-async")
	} else {
		c.Set(fiber.HeaderLocation, "/open311/v2/requests/"+taken.Code+"."+string(f))
	}
	return send(c, f, status, list[receipt]{"service_requests", "request", []receipt{one}})
}

// wantsToken reports whether the sender asked to be answered by a token (RFC 7240, 4.1).
func wantsToken(c *fiber.Ctx) bool {
	for item := range strings.SplitSeq(c.Get("Prefer"), ",") {
		name, _, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
			return true
		}
	}
	return false
}

func (d *Door) getToken(ctx context.Context, c *fiber.Ctx, f format) error {
	if err := d.Frame.Limit(c, limit.Follows(), ""); err != nil {
		return err
	}
	id, err := uuid.Parse(c.Params("token"))
	if err != nil {
		return errNoToken
	}
	code, err := d.Store.CodeOf(ctx, id.String())
	if fault.Is(err, fault.KindNotFound) {
		return errNoToken
	}
	if err != nil {
		return err
	}
	return send(c, f, fiber.StatusOK, list[ticket]{"service_requests", "request", []ticket{{code, id.String()}}})
}

//nolint:gochecknoglobals // an error value
var errNoToken = missing("token", "Không có phiếu chờ này.")

// sameSite refuses, in the form of this door, what a browser sends in the name of another web site.
func (d *Door) sameSite(c *fiber.Ctx) error {
	err := d.Frame.SameSite(c)
	if fault.Is(err, fault.KindForbidden) {
		return d.refuse(c, fallback(c), err)
	}
	return err
}

// sender is whose key was shown, or the zero key for somebody who shows none and is counted by network.
func (d *Door) sender(ctx context.Context, c *fiber.Ctx, token string) (auth.Key, error) {
	if token == "" {
		_, token, _ = strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
		token = strings.TrimSpace(token)
	}
	if token == "" {
		return auth.Key{}, d.Frame.Limit(c, limit.Reports(), "")
	}
	key, err := d.Keys.OpenKey(ctx, c, token)
	switch {
	case fault.Is(err, fault.KindUnauthenticated):
		if slow := d.Frame.Limit(c, limit.SignIn(), ""); slow != nil {
			return key, slow
		}
		return key, named("api_key", err)
	case err != nil:
		return key, err
	case !key.May(auth.RightReports):
		return key, named("api_key", fault.Forbidden("Khóa này không có quyền gửi phản ánh."))
	}
	return key, nil
}

// named says which parameter a fault is about.
func named(field string, err error) error {
	var faults []error
	for _, e := range fault.Items(err) {
		about := *e
		about.Field = field
		faults = append(faults, &about)
	}
	return fault.Join(faults...)
}

// form is what was posted, each parameter in the order of its values.
type form url.Values

func (f form) one(name string) string {
	if len(f[name]) == 0 {
		return ""
	}
	return strings.TrimSpace(f[name][0])
}

// answers are the values of attribute[CODE] and attribute[CODE][].
func (f form) answers() answers {
	all := answers{}
	for name, values := range f {
		code, ok := strings.CutPrefix(strings.TrimSuffix(name, "[]"), "attribute[")
		if code, found := strings.CutSuffix(code, "]"); ok && found {
			all[code] = append(all[code], values...)
		}
	}
	return all
}

func readForm(c *fiber.Ctx) (form, error) {
	if err := door.TakesForm(c, mostForm); err != nil {
		return nil, err
	}
	all := form{}
	for name, value := range c.Request().PostArgs().All() {
		if !utf8.Valid(name) || !utf8.Valid(value) {
			return nil, wrong("form", "Nội dung không đúng mã UTF-8.")
		}
		all[string(name)] = append(all[string(name)], string(value))
	}
	return all, nil
}

// submission is what a form says. Whatever is wrong with it is told at once, but for a service nobody knows.
func (d *Door) submission(f form) (intake.Submission, error) {
	k, ok := d.Rules.Category(f.one("service_code"))
	if !ok {
		if f.one("service_code") == "" {
			return intake.Submission{}, wrong("service_code", "Chưa chọn dịch vụ.")
		}
		return intake.Submission{}, missing("service_code", "Không có dịch vụ mang mã này.")
	}
	s := intake.Submission{
		Draft: report.Draft{
			Category: k.Code, Description: f.one("description"), Address: f.one("address_string"), Source: report.FromOpen311,
		},
		Contact: report.Contact{
			Name:  strings.TrimSpace(f.one("last_name") + " " + f.one("first_name")), // the family name first
			Phone: f.one("phone"), Email: f.one("email"),
		},
	}
	if s.Draft.Description == "" {
		s.Draft.Description = k.Name // the standard lets it be left out
	}
	var notPlaced, notAnswered error
	s.Draft.Location, notPlaced = d.locate(f)
	s.Attributes, notAnswered = d.book.take(k.Code, f.answers(), &s.Draft)
	return s, fault.Join(notPlaced, notAnswered)
}

// locate is the point of a form, or the middle of the one commune that its address names.
func (d *Door) locate(f form) (report.Point, error) {
	lat, long := f.one("lat"), f.one("long")
	switch {
	case lat != "" && long != "":
		return point(lat, long)
	case lat != "":
		return report.Point{}, wrong("long", "Có lat mà thiếu long (kinh độ).")
	case long != "":
		return report.Point{}, wrong("lat", "Có long mà thiếu lat (vĩ độ).")
	case f.one("address_string") != "":
		return d.communeIn(f.one("address_string"))
	case f.one("address_id") != "":
		return report.Point{}, wrong("address_id", "Không hỗ trợ address_id; hãy gửi lat và long.")
	}
	return report.Point{}, wrong("lat, long", "Thiếu vị trí: cần lat và long, hoặc address_string có tên xã, phường.")
}

func point(lat, long string) (report.Point, error) {
	var at report.Point
	var faults [2]error
	for i, axis := range []struct {
		name, sent string
		most       float64
		to         *float64
	}{{"lat", lat, 90, &at.Lat}, {"long", long, 180, &at.Lon}} {
		x, err := strconv.ParseFloat(axis.sent, 64)
		if err != nil || !(math.Abs(x) <= axis.most) {
			faults[i] = wrong(axis.name, "Cần một số từ -%v đến %v.", axis.most, axis.most)
		}
		*axis.to = x
	}
	return at, fault.Join(faults[:]...)
}

// communeIn finds the commune that an address names between commas, its kind in front or not. Addresses here go from the
// small to the large, so that the first part to be a commune's name is it.
func (d *Door) communeIn(address string) (report.Point, error) {
	for part := range strings.SplitSeq(area.Fold(address), ",") {
		var found []area.Area
		for _, leaf := range d.Atlas.Tree.Leaves(d.Division) {
			if name := strings.TrimSpace(part); name == leaf.Folded || name == area.Fold(leaf.Name) {
				found = append(found, leaf)
			}
		}
		if len(found) == 1 {
			if at, ok := d.centre(d.Division, found[0].Code); ok {
				return at, nil
			}
		}
	}
	return report.Point{}, wrong("address_string", "Không tìm ra một xã, phường trong địa chỉ; hãy ghi tên xã giữa hai dấu phẩy, hoặc gửi lat và long.")
}

// accept hands a report in. What comes again under its Idempotency-Key, or without one in the same words within some
// minutes, gets the first answer.
func (d *Door) accept(ctx context.Context, c *fiber.Ctx, key auth.Key, s intake.Submission, f form) (json.RawMessage, bool, error) {
	scope := key.Name()
	if scope == "" {
		scope = "anyone"
	}
	hash := f.hash()
	named, err := door.IdempotencyKey(c)
	if err != nil {
		return nil, false, err
	}
	s.Key = &intake.Key{Scope: scope + scopeOf, Key: named, BodyHash: hash[:]}
	if named != "" {
		return d.Intake.AcceptReport(ctx, s)
	}
	span := d.Now().Unix() / int64(sameWithin/time.Second)
	words := hex.EncodeToString(hash[:16])
	before, known, err := d.Store.Promised(ctx, store.Promise{Scope: s.Key.Scope, Key: inSpan(words, span-1), BodyHash: hash[:]})
	if err != nil || known {
		return json.RawMessage(before.Answer), known, fault.Join(err, before.Err)
	}
	s.Key.Key = inSpan(words, span)
	return d.Intake.AcceptReport(ctx, s)
}

func inSpan(words string, span int64) string {
	return "words:" + words + ":" + strconv.FormatInt(span, 10)
}

// hash is that of everything that makes a report another one, in whatever order it was sent.
func (f form) hash() [sha256.Size]byte {
	said := url.Values{}
	for name, values := range f {
		if name != "api_key" && name != "jurisdiction_id" {
			said[name] = values
		}
	}
	return sha256.Sum256([]byte(said.Encode()))
}

// following tells how everybody can follow a report, and how its sender can do more. Who is not known and sends in another's very
// words without a key of their own gets the other's code, and not what makes them the sender.
func (d *Door) following(c *fiber.Ctx, taken intake.Receipt, stranger bool) string {
	page := d.base(c) + "/phan-anh/" + taken.Code
	words := "Mã tra cứu " + taken.Code + ": " + page + "."
	if named, err := door.IdempotencyKey(c); stranger && (err != nil || named == "") {
		return words
	}
	return words + " Của riêng người gửi, không công khai: " + page + "#" + d.Receipts.Secret(taken.ID) + " để bổ sung, đánh giá hoặc đề nghị xử lý lại."
}

// notice tells the sender how to follow the report, and what of the form was not taken.
func (d *Door) notice(f form, following string) string {
	words := []string{
		notReal(d.Origin), following,
		"Phản ánh hiện trong danh sách công khai sau khi được tiếp nhận.",
	}
	if f.one("media_url") != "" {
		words = append(words, "media_url không được tải về và không được lưu.")
	}
	if f.one("address_id") != "" {
		words = append(words, "address_id không được hỗ trợ và không được lưu.")
	}
	return strings.TrimSpace(strings.Join(words, " "))
}
