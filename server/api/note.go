package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// Queue keeps what operators put beside the reports of their queue.
type Queue interface {
	AddNote(ctx context.Context, w store.Noting) (answer string, repeated bool, err error)
	Notes(ctx context.Context, reportID string) ([]store.Note, error)
	Templates(ctx context.Context) ([]store.Template, error)
	AddTemplate(ctx context.Context, t store.Template, by string) error
	ChangeTemplate(ctx context.Context, t store.Template, by string, may func(store.Template) error) (store.Template, error)
	DropTemplate(ctx context.Context, id string, may func(store.Template) error) error
	Views(ctx context.Context, owner string) ([]store.SavedView, error)
	AddView(ctx context.Context, v store.SavedView) error
	ChangeView(ctx context.Context, v store.SavedView, may func(store.SavedView) error) (store.SavedView, error)
	DropView(ctx context.Context, id string, may func(store.SavedView) error) error
}

type noteShown struct {
	N    int64       `json:"n"`
	Text string      `json:"text"`
	By   view.Author `json:"by"`
	At   time.Time   `json:"at"`
}

// author is who asks, as colleagues know them.
func author(who caller) view.Author {
	name := "Bàn trực"
	if who.Session != nil {
		name = who.Session.Person.Name
	}
	return view.Author{ID: who.ID, Name: name}
}

// reportFor finds the report of the address for an action that its caller may do to it.
func (a *API) reportFor(ctx context.Context, c *fiber.Ctx, action access.Action) (report.Report, error) {
	id, err := reportID(c)
	if err != nil {
		return report.Report{}, err
	}
	r, err := a.Store.Report(ctx, id)
	if err != nil {
		return r, hideID(err)
	}
	return r, mayOpen(asking(c).Principal, action)(r)
}

func (a *API) listNotes(ctx context.Context, c *fiber.Ctx) error {
	r, err := a.reportFor(ctx, c, access.ReadNotes)
	if err != nil {
		return err
	}
	list, err := a.Queue.Notes(ctx, r.ID)
	if err != nil {
		return err
	}
	shown := make([]noteShown, len(list))
	for i, n := range list {
		shown[i] = noteShown{n.N, n.Text, n.Author, n.At}
		if r.WithdrawnAt != nil {
			shown[i].Text = view.Withdrawn
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"notes": shown})
}

func (a *API) postNote(ctx context.Context, c *fiber.Ctx) error {
	id, err := reportID(c)
	if err != nil {
		return err
	}
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	text := a.cleaned(o, "text", report.CleanNote)
	if err := o.done(); err != nil {
		return err
	}
	who := asking(c)
	key, err := promise(c, who.ID, append([]byte(id+"\n"), raw...))
	if err != nil {
		return err
	}
	w := store.Noting{
		Report: id, Note: store.Note{Author: author(who), Text: text, At: a.Now().UTC().Truncate(time.Microsecond)},
		May: mayOpen(who.Principal, access.WriteNotes),
		Answer: func(n store.Note) (string, error) {
			raw, err := json.Marshal(noteShown{n.N, n.Text, n.Author, n.At})
			return string(raw), err
		},
	}
	if key != nil {
		w.Promise = &store.Promise{Scope: key.Scope, Key: key.Key, BodyHash: key.BodyHash}
	}
	answer, repeated, err := a.Queue.AddNote(ctx, w)
	switch {
	case fault.Is(err, fault.KindForbidden):
		return a.refuse(c, refused{access.WriteNotes, "report:" + id, err})
	case err != nil:
		return hideID(err)
	case repeated:
		c.Set("Idempotency-Replayed", "true")
	}
	return sendRaw(c, fiber.StatusCreated, []byte(answer))
}

// cleaned reads a text and notes what is wrong with it.
func (a *API) cleaned(o *object, name string, clean func(field, text string) (string, error)) string {
	text, err := clean(name, o.text(name))
	if err != nil {
		*o.faults = append(*o.faults, err)
	}
	return text
}
