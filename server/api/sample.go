package api

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/store"
)

// EnterSample signs the caller in as the sample's person of a role, for the newcomer's page. There is no such thing but in
// the sample, and for this machine's own user.
func (a *API) EnterSample(c *fiber.Ctx, role string) error {
	if !a.Sample || a.Keeper == nil || !a.Frame.Loopback(c.Context()) {
		return fiber.ErrNotFound
	}
	wanted := access.Role(role)
	if !slices.Contains(access.PersonRoles(), wanted) {
		return fault.Invalid("vai", "Không có vai trò này.").Because("unknown")
	}
	a.sign(c, desk())
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	p, err := a.samplePerson(wanted)
	if err != nil {
		return err
	}
	if p, err = a.People.SamplePerson(ctx, p); err != nil {
		return err
	}
	if wanted == access.CommunityTeam {
		if err := a.Store.SampleTeam(ctx, a.sampleTeam(p)); err != nil {
			return err
		}
	}
	token, _, err := a.Keeper.EnterSample(ctx, p, a.Frame.Caller(c.Context()), agentOf(c.Get(fiber.HeaderUserAgent)))
	if err != nil {
		return err
	}
	return a.setCookie(c, token)
}

// samplePerson is somebody with a role: in the whole province, in its first unit, or in its first district.
func (a *API) samplePerson(role access.Role) (auth.Person, error) {
	id, err := auth.NewPersonID()
	if err != nil {
		return auth.Person{}, fault.Internal(err)
	}
	p := auth.Person{ID: id, Login: auth.SampleLogin(string(role)), Name: role.Label() + " (mẫu)", Roles: []access.Role{role}}
	root, _ := a.Atlas.Tree.Root(a.Division)
	switch role {
	case access.UnitLead, access.UnitOfficer:
		p.Units = []string{a.Units[0].ID}
		p.Areas = []string{a.Division + "/" + root.Code}
	case access.CommunityTeam:
		p.Areas = []string{a.Division + "/" + a.Atlas.Tree.Children(a.Division, root.Code)[0].Code}
	case access.ShiftLead, access.Operator, access.Leader, access.DataOfficer:
		p.Areas = []string{a.Division + "/" + root.Code}
	default: // an administrator answers for no area
	}
	return p, nil
}

// sampleTeam is the team of the sample's person of that role, in the first commune of their district.
func (a *API) sampleTeam(p auth.Person) store.Team {
	root, _ := a.Atlas.Tree.Root(a.Division)
	district := a.Atlas.Tree.Children(a.Division, root.Code)[0]
	commune := district
	if below := a.Atlas.Tree.Children(a.Division, district.Code); len(below) > 0 {
		commune = below[0]
	}
	return store.Team{
		ID: p.ID, Name: "Tổ công nghệ số cộng đồng (mẫu)", Village: "Tổ dân phố 1", Division: a.Division, Area: commune.Code,
		Path: a.Atlas.Tree.Path(a.Division, commune.Code), Members: []store.TeamMember{{ID: p.ID}},
	}
}
