package access

import (
	"fmt"
	"strings"
)

// Document is the table as a page for people: docs/rights.md is made of it.
func Document() string {
	var b strings.Builder
	b.WriteString(`# Bảng quyền / Table of rights

Made from the table in ` + "`server/access/table.go`" + ` by ` + "`go test ./server/access -update`" + `; do not edit.

Each cell says how far a role's right to an action goes: **tất cả** all of it · **địa bàn** what lies in an area of the
person's scope · **đơn vị** what belongs to a unit of the person's scope · **của mình** one's own · **–** not at all.
A thing somebody may not see does not exist for them: the answer is 404, not 403. A person with several roles may do
whatever one of them allows. The sample province, asked from its own machine, acts as trưởng ca of the whole province.
A key may be bound to sensors, categories and areas: then nothing outside them is allowed, and nothing that could not be
told apart by them. Contacts are opened by people who signed in under their own name, never by a key or the sample's desk.

`)
	write := func(title string, roles []Role) {
		fmt.Fprintf(&b, "## %s\n\n| Hành động | |", title)
		for _, r := range roles {
			fmt.Fprintf(&b, " %s |", r.Label())
		}
		b.WriteString("\n| --- | --- |" + strings.Repeat(" --- |", len(roles)) + "\n")
		for _, rule := range Table() {
			fmt.Fprintf(&b, "| %s | `%s` |", rule.Label, rule.Action)
			for _, r := range roles {
				fmt.Fprintf(&b, " %s |", rule.Grants[r])
			}
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	people := len(PersonRoles())
	write("Người / People", PersonRoles())
	write("Màn hình, khóa, hub, khách / Screens, keys, hubs, everybody", Roles()[people:])
	return strings.TrimSuffix(b.String(), "\n")
}
