package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
	"toancanh/server/mail"
	"toancanh/server/mail/mailtest"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

func accepted() []report.Act {
	return []report.Act{{Name: report.Accept}, {Name: report.Assign, Unit: "so-xd"}}
}

func TestAnAddressHearsOfPublicStepsOnceItHasConfirmed(t *testing.T) {
	t.Parallel()
	o := mailtest.New(t)
	r := newRoom(t, o.Address)
	link := r.follow(o, "canary@example.vn")
	asked := o.Taken()[0]
	if asked.To != "canary@example.vn" || !strings.Contains(asked.Subject, "Xác nhận nhận thư") || !strings.Contains(asked.Body, home+"/thu/xac-nhan?ma=") {
		t.Errorf("the first mail: %+v", asked)
	}
	if got := asked.Header.Get("List-Unsubscribe"); got != "<"+home+"/thu/ngung?ma="+link+">" || asked.Header.Get("List-Unsubscribe-Post") == "" || asked.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("headers %v", asked.Header)
	}
	r.act(report.Act{Name: report.Accept})
	r.deliver()
	if n := len(o.Taken()); n != 1 {
		t.Fatalf("%d mails before the confirmation", n)
	}
	must(t, r.desk.Confirm(t.Context(), link))
	must(t, r.desk.Confirm(t.Context(), link)) // pressed twice
	r.act(
		report.Act{Name: report.Assign, Unit: "so-xd"}, report.Act{Name: report.Return, Reason: "Không đúng thẩm quyền"},
		report.Act{Name: report.Assign, Unit: "so-tnmt"}, report.Act{Name: report.Start}, report.Act{Name: report.Resolve, Text: "nội bộ"},
		report.Act{Name: report.Publish, Text: "Đã dọn"},
	)
	r.deliver()
	r.deliver()
	var told []string
	ids := map[string]bool{}
	for _, m := range o.Taken()[1:] {
		told = append(told, m.Subject)
		ids[m.Header.Get("Message-ID")] = true
		for _, never := range []string{"Canary", "nội bộ", "so-xd", "thẩm quyền", "canary@", "0905"} {
			if strings.Contains(m.Subject+m.Body, never) {
				t.Errorf("%q tells %q", m.Subject, never)
			}
		}
		if !strings.Contains(m.Body, home+"/phan-anh/"+r.report.Code) || token(t, m) != link {
			t.Errorf("body %q", m.Body)
		}
	}
	want := []string{"Phản ánh " + r.report.Code + ": đang xử lý", "Phản ánh " + r.report.Code + ": đã công khai kết quả"}
	if diff := cmp.Diff(want, told); diff != "" || len(ids) != 2 || r.count("sent") != 3 || r.waiting() != 0 {
		t.Errorf("told (-want +got), %d ids, %d sent, %d wait:\n%s", len(ids), r.count("sent"), r.waiting(), diff)
	}
	must(t, r.desk.End(t.Context(), link))
	r.act(report.Act{Name: report.Reopen, Reason: "Chưa sạch"})
	r.deliver()
	if n := len(o.Taken()); n != 3 {
		t.Errorf("%d mails after the end", n)
	}
	if err := r.desk.Confirm(t.Context(), link); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("a link that was ended: %v", err)
	}
}

func TestWithdrawalForgetsTheAddressesAndWhatWaits(t *testing.T) {
	t.Parallel()
	o := mailtest.New(t)
	r := newRoom(t, o.Address)
	r.confirmed(o, "a@example.vn")
	r.act(report.Act{Name: report.Accept}, report.Act{Name: report.Withdraw, Reason: "Nhầm"})
	r.deliver()
	var n int
	must(t, r.db.Owner.QueryRow(t.Context(), "select count(*) from mail_follower").Scan(&n))
	if n != 0 || r.waiting() != 0 || len(o.Taken()) != 1 {
		t.Errorf("%d addresses, %d mails wait, %d were sent", n, r.waiting(), len(o.Taken()))
	}
}

func TestAMailServerThatIsAwayCostsNothingButTime(t *testing.T) {
	t.Parallel()
	o := mailtest.New(t)
	r := newRoom(t, o.Address)
	r.confirmed(o, "canary@example.vn")
	must(t, o.Close())
	r.act(accepted()...)
	for range 5 {
		r.deliver() // only the first comes in time
	}
	if got := r.count("away"); got != 2 || r.waiting() != 2 {
		t.Errorf("%d tries, %d wait", got, r.waiting())
	}
	r.now = r.now.Add(time.Minute)
	r.deliver()
	o.Open()
	r.now = r.now.Add(2*time.Minute - time.Second)
	r.deliver()
	if got := r.count("away"); got != 4 || len(o.Taken()) != 1 {
		t.Errorf("the second wait is not longer: %d tries, %d mails", got, len(o.Taken()))
	}
	r.now = r.now.Add(time.Second)
	r.deliver()
	r.deliver()
	if len(o.Taken()) != 3 || r.waiting() != 0 {
		t.Errorf("%d mails, %d wait", len(o.Taken()), r.waiting())
	}
	if n := strings.Count(r.log.String(), "does not answer"); n != 1 || !strings.Contains(r.log.String(), "answers again") || strings.Contains(r.log.String(), "canary") {
		t.Errorf("log: %s", r.log)
	}
}

func TestWhatAMailServerAnswersIsBelieved(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		rcpt    error
		outcome string
		waits   int
	}{
		{"a mailbox that is full waits", &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "canary is full"}, "later", 2},
		{"a mailbox that is none is given up", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no canary here"}, "refused", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := mailtest.New(t)
			r := newRoom(t, o.Address)
			r.confirmed(o, "canary@example.vn")
			r.act(accepted()...)
			o.Answer(tc.rcpt)
			r.deliver()
			if r.count(tc.outcome) != 2 || r.waiting() != tc.waits || len(o.Taken()) != 1 {
				t.Errorf("%d %s, %d wait", r.count(tc.outcome), tc.outcome, r.waiting())
			}
			if strings.Contains(r.log.String(), "canary") {
				t.Errorf("log: %s", r.log)
			}
		})
	}
}

func TestASlowMailServerIsLeftInTime(t *testing.T) {
	t.Parallel()
	o := mailtest.New(t)
	r := newRoom(t, o.Address, func(c *mail.Config) {
		var err error
		c.Post, err = mail.NewPostWithin(o.Address, "a@example.vn", 300*time.Millisecond)
		must(t, err)
	})
	r.confirmed(o, "a@example.vn")
	r.act(accepted()...)
	o.Silence = make(chan struct{})
	r.deliver()
	if r.count("away") != 2 || r.waiting() != 2 {
		t.Errorf("%d away, %d wait", r.count("away"), r.waiting())
	}
	close(o.Silence)
}

func TestAMailIsGivenUpAfterABound(t *testing.T) {
	t.Parallel()
	o := mailtest.New(t)
	r := newRoom(t, o.Address)
	r.confirmed(o, "a@example.vn")
	r.act(report.Act{Name: report.Accept})
	o.Answer(&smtp.SMTPError{Code: 451, Message: "later"})
	tries := 0
	for r.waiting() > 0 {
		if tries++; tries > mail.MostTries {
			t.Fatal("it is tried for ever")
		}
		r.deliver()
		r.now = r.now.Add(6 * time.Hour)
	}
	if tries != mail.MostTries || r.count("given_up") != 1 || r.count("later") != mail.MostTries-1 {
		t.Errorf("%d tries, %d given up", tries, r.count("given_up"))
	}
}

// forgetful dies between handing a mail over and noting it.
type forgetful struct {
	*store.Store
	dies bool
}

var errDied = errors.New("the process died")

func (f *forgetful) MailDone(ctx context.Context, id string) error {
	if f.dies {
		return errDied
	}
	return f.Store.MailDone(ctx, id)
}

func TestAfterACrashAMailComesUnderTheSameID(t *testing.T) {
	t.Parallel()
	o := mailtest.New(t)
	var s *forgetful
	r := newRoom(t, o.Address, func(c *mail.Config) {
		s = &forgetful{Store: c.Store.(*store.Store)} //nolint:forcetypeassert // it is
		c.Store = s
	})
	r.confirmed(o, "a@example.vn")
	r.act(report.Act{Name: report.Accept})
	s.dies = true
	if err := r.desk.Deliver(t.Context()); !errors.Is(err, errDied) {
		t.Fatalf("Deliver = %v", err)
	}
	s.dies = false
	r.deliver() // its lease holds
	if n := len(o.Taken()); n != 2 {
		t.Fatalf("%d mails while the lease holds", n)
	}
	r.now = r.now.Add(10 * time.Minute)
	r.deliver()
	mails := o.Taken()
	if len(mails) != 3 || mails[1].Header.Get("Message-ID") != mails[2].Header.Get("Message-ID") || r.waiting() != 0 {
		t.Errorf("%d mails, ids %q and %q", len(mails), mails[1].Header.Get("Message-ID"), mails[2].Header.Get("Message-ID"))
	}
}

func TestAddressesAreSealedBoundedAndForgotten(t *testing.T) {
	t.Parallel()
	o := mailtest.New(t)
	r := newRoom(t, o.Address)
	for _, wrong := range []string{"", "ai đó", "a@b", "a@b.vn\r\nBcc: c@d.vn"} {
		if err := r.desk.Follow(t.Context(), r.report.ID, wrong, false); !fault.Is(err, fault.KindInvalid) || fault.Items(err)[0].Field != "email" {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	r.confirmed(o, "canary@example.vn")
	for i := range 2 {
		must(t, r.desk.Follow(t.Context(), r.report.ID, fmt.Sprintf("so%d@example.vn", i), true))
	}
	if err := r.desk.Follow(t.Context(), r.report.ID, "mot-nua@example.vn", true); !fault.Is(err, fault.KindConflict) {
		t.Errorf("one address too many: %v", err)
	}
	var n int
	must(t, r.db.Owner.QueryRow(t.Context(), "select count(*) from mail_follower x where x::text like '%canary%' or encode(sealed, 'escape') like '%canary%'").Scan(&n))
	if n != 0 {
		t.Error("an address lies in the clear")
	}
	drop := func(now, closedBefore time.Time, want int) {
		t.Helper()
		got, err := r.store.DropMailFollowers(t.Context(), now, closedBefore)
		if err != nil || got != want {
			t.Errorf("dropped %d, want %d: %v", got, want, err)
		}
	}
	drop(r.now, r.now.AddDate(-1, 0, 0), 0)
	drop(r.now.Add(72*time.Hour+time.Minute), r.now.AddDate(-1, 0, 0), 2) // never confirmed
	r.act(report.Act{Name: report.Refuse, Reason: "Ngoài thẩm quyền"})
	drop(r.now, r.now.Add(-time.Minute), 0)
	drop(r.now, r.now.Add(time.Hour), 1) // its report closed long enough ago
	if r.waiting() != 0 {
		t.Errorf("%d mails wait for nobody", r.waiting())
	}
}

func TestEveryStepHasWords(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("texts.json")
	must(t, err)
	var texts map[string][]string
	must(t, json.Unmarshal(raw, &texts))
	for _, step := range []string{
		view.StepAccepted, view.StepAsked, view.StepAnswered, view.StepProcessing, view.StepPublished, view.StepReopened,
		view.StepCompleted, view.StepRefused, view.StepMerged, view.StepInformed, "confirm subject", "confirm body", "step subject", "step body",
	} {
		both := texts[step]
		if len(both) != 2 || both[0] == "" || both[1] == "" || strings.Count(both[0], "%s") != strings.Count(both[1], "%s") {
			t.Errorf("%s: %q", step, both)
		}
		delete(texts, step)
	}
	if len(texts) > 0 || !norm.NFC.IsNormal(raw) {
		t.Errorf("texts used nowhere: %v", texts)
	}
}

func TestASettingThatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	for _, tc := range [][2]string{
		{"mail.example.vn", "a@example.vn"},
		{"http://mail.example.vn", "a@example.vn"},
		{"smtp://mail.example.vn/x", "a@example.vn"},
		{"smtp://mail.example.vn:99999", "a@example.vn"},
		{"smtp://mail.example.vn", "không phải"},
	} {
		if _, err := mail.NewPost(tc[0], tc[1]); err == nil {
			t.Errorf("%v is taken", tc)
		}
	}
	_, err := mail.NewPost("smtp://user:canary@mail.example.vn/x", "a@example.vn")
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("the fault tells the password: %v", err)
	}
	for _, address := range []string{"smtps://u:p@mail.example.vn", "smtp://mail.example.vn:2525", "smtp://localhost"} {
		if _, err := mail.NewPost(address, "Trung tâm <a@example.vn>"); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
