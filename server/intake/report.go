package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// Submission is a report as a door took it in.
type Submission struct {
	Draft   report.Draft
	Contact report.Contact
	Key     *Key // nil without an Idempotency-Key
	// Actor is the officer who typed the report in; empty for a sender's own.
	Actor string
	// Attributes are answers to what the door asked beside the description; the door has checked them.
	Attributes []report.Attribute
	// May says why the sender may not send this report, once it is placed; nil: they may send any.
	May func(report.Report) error
}

// Key is an Idempotency-Key: the scope names caller and route, the hash is the body's.
type Key struct {
	Scope, Key string
	BodyHash   []byte
}

// Receipt is what the sender of a report gets. It holds nothing personal: it is kept with the key.
type Receipt struct {
	ID         string    `json:"id"`
	Code       string    `json:"code"`
	Status     string    `json:"status"`
	ReceivedAt time.Time `json:"received_at"`
	DueAccept  time.Time `json:"due_accept"`
	Division   string    `json:"division"`
	Area       string    `json:"area"`
	AreaName   string    `json:"area_name"`
	// Place is "du_kien" where the map is a schematic, "theo_ranh_gioi" where it has real borders. Either way the
	// operator confirms the commune.
	Place string `json:"place"`
}

// AcceptReport keeps a report and answers after its commit. The same key with the same body gets the first answer
// again (repeated), with another body an invalid fault.
func (in *Intake) AcceptReport(ctx context.Context, s Submission) (receipt json.RawMessage, repeated bool, err error) {
	acceptance, err := in.prepare(s)
	if err != nil {
		return nil, false, err
	}
	if s.Key != nil {
		leave, err := in.running.enter(ctx, s.Key.Scope+"\x00"+s.Key.Key)
		if err != nil {
			return nil, false, err
		}
		defer leave()
	}
	accepted, err := in.reports.do(ctx, acceptance)
	if err == nil {
		err = accepted.Err
	}
	if err != nil {
		return nil, false, err
	}
	if accepted.Repeated {
		return json.RawMessage(accepted.Answer), true, nil
	}
	return json.RawMessage(acceptance.Promise.Answer), false, nil
}

// CheckReport says what is wrong with a submission; nothing is kept.
func (in *Intake) CheckReport(s Submission) error {
	_, err := in.prepare(s)
	return err
}

// CommunePoint is a point in the commune that goes by a code or by a name, however it is spelled; false when there is
// none or more than one.
func (in *Intake) CommunePoint(text string) (report.Point, bool) {
	m, ok := in.Atlas.Map(in.Division)
	if !ok {
		return report.Point{}, false
	}
	levels := in.Atlas.Tree.Levels(in.Division)
	want := area.Fold(text)
	var found []area.Point
	for _, f := range m.Features(levels[len(levels)-1]) {
		switch {
		case f.Area.Code == text:
			return report.Point(f.Label), true
		case area.Fold(f.Area.Name) == want, area.Fold(f.Area.Title()) == want, area.Fold(in.fullTitle(f.Area)) == want:
			found = append(found, f.Label)
		}
	}
	if len(found) != 1 {
		return report.Point{}, false
	}
	return report.Point(found[0]), true
}

// fullTitle is a commune with the area above it, which parts those of one name: "xã Đắk Ha, huyện Đăk Glong".
func (in *Intake) fullTitle(a area.Area) string {
	above, _ := in.Atlas.Tree.Get(in.Division, a.Parent)
	return a.Title() + ", " + above.Title()
}

// prepare checks a submission and makes everything that is to be kept of it. All faults are told at once.
func (in *Intake) prepare(s Submission) (store.Acceptance, error) {
	now := in.Now().UTC().Truncate(time.Microsecond)
	draft := s.Draft
	contact, contactErr := s.Contact.Check()
	draft.HasContact = !contact.Empty()
	origin, originErr := in.original(draft.Origin)
	draft.Origin = origin
	draft, err := in.Rules.Check(draft, now)
	if err := fault.Join(err, contactErr, originErr); err != nil {
		return store.Acceptance{}, err
	}
	placed, err := in.place(draft.Location)
	if err != nil {
		return store.Acceptance{}, err
	}
	id, code, err := identity()
	if err != nil {
		return store.Acceptance{}, err
	}
	r, entry, err := in.Rules.New(draft, report.Birth{ID: id, Code: code, Placed: placed, At: now, Actor: s.Actor})
	if err == nil && s.May != nil {
		err = s.May(r)
	}
	if err != nil {
		return store.Acceptance{}, err
	}
	a := store.Acceptance{Report: r, Entry: entry, Events: view.Events(nil, r, in.lens), Attributes: s.Attributes}
	if a.Contact, err = in.seal(r.ID, contact); err != nil {
		return store.Acceptance{}, err
	}
	a.Promise, err = in.promise(r, s.Key)
	return a, err
}

// promise is the receipt, kept under the key when there is one.
func (in *Intake) promise(r report.Report, key *Key) (*store.Promise, error) {
	receipt := Receipt{
		ID: r.ID, Code: r.Code, Status: string(r.Status), ReceivedAt: r.ReceivedAt,
		Division: r.Division, Area: r.Area, Place: "du_kien",
	}
	if m, ok := in.Atlas.Map(r.Division); ok && !m.Schematic {
		receipt.Place = "theo_ranh_gioi"
	}
	if r.Due.Accept != nil {
		receipt.DueAccept = *r.Due.Accept
	}
	if a, ok := in.Atlas.Tree.Get(r.Division, r.Area); ok {
		receipt.AreaName = a.Title()
	}
	answer, err := json.Marshal(receipt)
	if err != nil {
		return nil, fault.Internal(fmt.Errorf("encode receipt: %w", err))
	}
	p := &store.Promise{Answer: string(answer)}
	if key != nil {
		p.Scope, p.Key, p.BodyHash = key.Scope, key.Key, key.BodyHash
	}
	return p, nil
}

func (in *Intake) seal(id string, c report.Contact) (*auth.Sealed, error) {
	if c.Empty() {
		return nil, nil //nolint:nilnil // no contact is no fault
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, fault.Internal(fmt.Errorf("encode contact: %w", err))
	}
	sealed, err := in.Sealer.Seal(id, plain)
	if err != nil {
		return nil, fault.Internal(err)
	}
	return &sealed, nil
}

func (in *Intake) commitReports(ctx context.Context, list []store.Acceptance) ([]store.Accepted, error) {
	accepted, err := in.Store.AcceptReports(ctx, list)
	if err == nil {
		in.Wake()
	}
	return accepted, err
}

// Act does an act on a report; id is its UUID or public code.
func (in *Intake) Act(ctx context.Context, id string, act report.Act) (report.Report, error) {
	return in.ActAs(ctx, id, act, func(report.Report) error { return nil })
}

// ActAs is Act for somebody of whom may says, inside the transaction, whether they may do it to the report as it stands.
func (in *Intake) ActAs(ctx context.Context, id string, act report.Act, may func(report.Report) error) (report.Report, error) {
	now := in.Now().UTC().Truncate(time.Microsecond)
	var files []string
	if act.Name == report.Withdraw {
		files = in.filesOf(ctx, id)
	}
	var rules store.AssignmentVersion
	if act.Name == report.Assign {
		var err error
		if rules, err = in.Store.AssignmentRules(ctx, 0); err != nil {
			return report.Report{}, err
		}
	}
	after, err := in.Store.Act(ctx, id, in.lens, func(r report.Report) (report.Report, report.Entry, error) {
		if err := may(r); err != nil {
			return report.Report{}, report.Entry{}, err
		}
		if act.Name == report.Assign {
			if p, ok := in.Rules.Propose(rules.AssignmentRules, r, now, rules.Takes); ok {
				act.Proposed = p.Unit
			}
		}
		return in.Rules.Apply(r, act, now)
	})
	if err == nil {
		in.Shelf.drop(ctx, files...)
		in.Wake()
	}
	return after, err
}

// PlaceAt is the place an operator confirms by the code of a commune.
func (in *Intake) PlaceAt(code string) (*report.Placed, error) {
	path := in.Atlas.Tree.Path(in.Division, code)
	if path == nil {
		return nil, fault.Invalid("area", "Không có địa bàn mang mã %s.", code).Because("unknown_area")
	}
	return &report.Placed{Division: in.Division, Area: code, Path: path}, nil
}

func outside(err error) error {
	var far *area.OutsideError
	if !errors.As(err, &far) {
		return fault.Invalid("location", "Tọa độ không hợp lệ.").Because("out_of_range").Wrap(err)
	}
	hint := ""
	if far.Swapped {
		hint = " Có thể vĩ độ và kinh độ bị đảo chỗ."
	}
	return fault.Invalid("location", "Vị trí nằm ngoài địa bàn phục vụ, cách %s %.1f km.%s", far.Nearest.Title(), far.KM, hint).
		Because("outside")
}
