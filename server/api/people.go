package api

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// People keeps who may sign in, the units, and the audit of it all.
type People interface {
	People(ctx context.Context) ([]auth.Person, error)
	Person(ctx context.Context, id string) (auth.Person, error)
	AddPerson(ctx context.Context, p auth.Person, i store.Invitation) error
	ChangePerson(ctx context.Context, p auth.Person) (auth.Person, error)
	Invite(ctx context.Context, personID string, i store.Invitation, dropFactor bool) error
	Sessions(ctx context.Context, personID string, now time.Time) ([]auth.Session, error)
	EndSession(ctx context.Context, personID, sessionID, why string) error
	Units(ctx context.Context) ([]store.Unit, error)
	AddUnit(ctx context.Context, u report.Unit) error
	ChangeUnit(ctx context.Context, u store.Unit) error
	KeepAudit(ctx context.Context, row audit.Row) error
	ListAudit(ctx context.Context, f store.AuditFilter) ([]audit.Kept, error)
	Settled(ctx context.Context) (bool, error)
	Desks(ctx context.Context) ([]auth.Desk, error)
	EndDesk(ctx context.Context, id string) error
	LinkSubject(ctx context.Context, l auth.Linking) error
	UnlinkSubject(ctx context.Context, personID, issuer string) error
	SamplePerson(ctx context.Context, p auth.Person) (auth.Person, error)
}

type personShown struct {
	ID         string        `json:"id"`
	Login      string        `json:"login"`
	Name       string        `json:"name"`
	Roles      []access.Role `json:"roles"`
	Units      []string      `json:"units"`
	Areas      []string      `json:"areas"`
	Version    int64         `json:"version"`
	CreatedAt  time.Time     `json:"created_at"`
	DisabledAt *time.Time    `json:"disabled_at"`
	HasSecret  bool          `json:"has_password"`
	HasFactor  bool          `json:"has_factor"`
	HasSubject bool          `json:"has_subject"` // linked to the sign-in provider
}

func showPerson(p auth.Person) personShown {
	return personShown{
		p.ID, p.Login, p.Name, append([]access.Role{}, p.Roles...), some(p.Units), some(p.Areas), p.Version, p.CreatedAt, p.DisabledAt, p.HasSecret, p.HasFactor, p.HasSubject,
	}
}

func (a *API) listPeople(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.People.People(ctx)
	if err != nil {
		return err
	}
	shown := make([]personShown, len(list))
	for i, p := range list {
		shown[i] = showPerson(p)
	}
	return send(c, fiber.StatusOK, map[string]any{"people": shown})
}

func (a *API) getPerson(ctx context.Context, c *fiber.Ctx) error {
	p, err := a.People.Person(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, showPerson(p))
}

// linkShown is a one-time link; it is told this once.
type linkShown struct {
	Person    personShown `json:"person"`
	Link      string      `json:"link"`
	ExpiresAt time.Time   `json:"expires_at"`
}

// InvitationPath is where a one-time link leads on this house's address. The token stands behind the #, which no browser
// sends, so that no server, proxy or log ever sees it in an address.
func InvitationPath(token string) string { return "/console#loi-moi=" + token }

func (a *API) newInvitation() (string, store.Invitation, error) {
	token, hash, err := auth.NewSecret()
	if err != nil {
		return "", store.Invitation{}, fault.Internal(err)
	}
	return token, store.Invitation{Hash: hash, ExpiresAt: a.Now().UTC().Add(auth.InviteLimit).Truncate(time.Second)}, nil
}

func (a *API) postPerson(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	p, err := a.readPerson(ctx, o, auth.Person{Login: o.text("login")})
	if err != nil {
		return err
	}
	if p.ID, err = auth.NewPersonID(); err != nil {
		return fault.Internal(err)
	}
	token, invitation, err := a.newInvitation()
	if err != nil {
		return err
	}
	if err := a.People.AddPerson(ctx, p, invitation); err != nil {
		if fault.Is(err, fault.KindConflict) {
			return fault.Conflict("Tên đăng nhập này đã có.").Because("login_taken").Wrap(err)
		}
		return err
	}
	c.Set(fiber.HeaderLocation, "/api/v1/people/"+p.ID)
	if p, err = a.People.Person(ctx, p.ID); err != nil {
		return err
	}
	return send(c, fiber.StatusCreated, linkShown{showPerson(p), InvitationPath(token), invitation.ExpiresAt})
}

func (a *API) putPerson(ctx context.Context, c *fiber.Ctx) error {
	p, err := a.People.Person(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	p.Version = o.whole("version")
	disabled := o.flag("disabled")
	if p, err = a.readPerson(ctx, o, p); err != nil {
		return err
	}
	switch {
	case !disabled:
		p.DisabledAt = nil
	case p.DisabledAt == nil:
		now := a.Now().UTC()
		p.DisabledAt = &now
	}
	if p, err = a.People.ChangePerson(ctx, p); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, showPerson(p))
}

// readPerson reads name, roles, units and areas into p and says everything that is wrong.
func (a *API) readPerson(ctx context.Context, o *object, p auth.Person) (auth.Person, error) {
	p.Name = o.text("name")
	p.Roles = nil
	for _, name := range texts(o, "roles") {
		role := access.Role(name)
		if !slices.Contains(access.PersonRoles(), role) {
			o.wrong("roles", "unknown", "Không có vai trò %q.", clip(name))
			continue
		}
		p.Roles = append(p.Roles, role)
	}
	units, err := a.unitsNow(ctx)
	if err != nil {
		return p, err
	}
	p.Units = texts(o, "units")
	for _, u := range p.Units {
		if _, ok := units[u]; !ok {
			o.wrong("units", "unknown", "Không có đơn vị %q.", clip(u))
		}
	}
	p.Areas = a.readAreas(o)
	p, wrong := auth.CheckPerson(p)
	return p, fault.Join(o.done(), wrong)
}

// readAreas reads the areas that somebody answers for or a desk shows.
func (a *API) readAreas(o *object) []string {
	areas := texts(o, "areas")
	for _, name := range areas {
		division, code, _ := strings.Cut(name, "/")
		if a.Atlas.Tree.Path(division, code) == nil {
			o.wrong("areas", "unknown", "Không có địa bàn %q; cần dạng <bộ địa giới>/<mã>.", clip(name))
		}
	}
	return areas
}

// mostTexts bounds a list of names.
const mostTexts = 50

// texts is a member that is an array of different texts.
func texts(o *object, name string) []string {
	items := o.list(name)
	if len(items) > mostTexts {
		o.wrong(name, "too_many", "Tối đa %d mục.", mostTexts)
		return nil
	}
	var list []string
	for _, v := range items {
		if v.kind != isText {
			o.wrongType(name, isText, v.kind)
			return nil
		}
		if text := unquote(v.raw); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

// postLink makes a new one-time link, with which its person sets a new password.
func (a *API) postLink(ctx context.Context, c *fiber.Ctx) error { return a.link(ctx, c, false) }

// deleteFactor takes a lost second factor away; its person gets a new link and sets up another.
func (a *API) deleteFactor(ctx context.Context, c *fiber.Ctx) error { return a.link(ctx, c, true) }

func (a *API) link(ctx context.Context, c *fiber.Ctx, dropFactor bool) error {
	p, err := a.People.Person(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	token, invitation, err := a.newInvitation()
	if err != nil {
		return err
	}
	if err := a.People.Invite(ctx, p.ID, invitation, dropFactor); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, linkShown{showPerson(p), InvitationPath(token), invitation.ExpiresAt})
}

type ruleShown struct {
	Action access.Action          `json:"action"`
	Label  string                 `json:"label"`
	Grants map[access.Role]string `json:"grants"`
}

// getRights is the table of rights, as the administrator's page shows it.
func (a *API) getRights(_ context.Context, c *fiber.Ctx) error {
	var rules []ruleShown
	for _, r := range access.Table() {
		shown := ruleShown{r.Action, r.Label, map[access.Role]string{}}
		for _, role := range access.Roles() {
			shown.Grants[role] = r.Grants[role].Word()
		}
		rules = append(rules, shown)
	}
	return send(c, fiber.StatusOK, map[string]any{"roles": showRoles(access.Roles()), "rules": rules})
}

// auditShown is a row of the audit.
type auditShown struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Role    string    `json:"role"`
	What    string    `json:"what"`
	Object  string    `json:"object"`
	Why     string    `json:"why"`
	Network string    `json:"network"`
	Trace   string    `json:"trace"`
	Result  string    `json:"result"`
	Detail  string    `json:"detail"`
	Sealed  bool      `json:"sealed"`
}

func (a *API) listAudit(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "who", "what", "object", "cursor", "limit")
	if err != nil {
		return err
	}
	limit, err := wholeParam(q, "limit", bounded{usual: usualPage, least: 1, most: mostPage})
	if err != nil {
		return err
	}
	f := store.AuditFilter{Who: q["who"], What: q["what"], Object: q["object"], Limit: limit}
	if f.Before, err = cursorParam(q); err != nil {
		return err
	}
	rows, err := a.People.ListAudit(ctx, f)
	if err != nil {
		return err
	}
	shown, next := make([]auditShown, len(rows)), ""
	for i, k := range rows {
		shown[i] = auditShown{strconv.FormatInt(k.ID, 10), k.At, k.Who, k.Role, k.What, k.Object, k.Why, k.Network, k.Trace, k.Result, k.Detail, k.N > 0}
	}
	if len(rows) == limit {
		next = shown[len(shown)-1].ID
	}
	return send(c, fiber.StatusOK, map[string]any{"rows": shown, "next": next})
}
