package report

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"toancanh/server/fault"
)

// Hours says in which hours a rule of assignment holds.
type Hours string

// The hours. The empty one is always.
const (
	Always       Hours = ""
	OfficeHours  Hours = "working" // while offices work
	OutsideHours Hours = "outside" // nights and weekends
	HolidayHours Hours = "holiday" // the whole day of a holiday
)

// Known reports whether h is one of the hours.
func (h Hours) Known() bool { return h == Always || h.label() != "" }

func (h Hours) label() string {
	switch h {
	case OfficeHours:
		return "trong giờ làm việc"
	case OutsideHours:
		return "ngoài giờ làm việc"
	case HolidayHours:
		return "ngày nghỉ lễ"
	case Always:
	}
	return ""
}

// HoursAt is which hours an instant lies in, never Always. The instant an office closes is outside.
func (c *Calendar) HoursAt(at time.Time) Hours {
	day := DateOf(at.In(c.loc))
	if h, ok := c.days[day]; ok && !h.Works {
		return HolidayHours
	}
	if c.Works(day) {
		for _, s := range officeHours() {
			if !at.Before(c.at(day, s.from)) && at.Before(c.at(day, s.to)) {
				return OfficeHours
			}
		}
	}
	return OutsideHours
}

// AssignmentRule proposes a unit for reports of a category, in an area with all that lies in it, at certain hours. What is
// empty holds for all.
type AssignmentRule struct {
	Category string
	Division string // with Area
	Area     string
	Hours    Hours
	Unit     string
}

// AssignmentRules are one version of the rules of assignment.
type AssignmentRules struct {
	Version int
	List    []AssignmentRule
}

// Bounds of a list of rules.
const mostAssignmentRules = 2000

// Check says all that is wrong with a list: two rules for the same, and what the names say does not exist.
func (k AssignmentRules) Check(known AssignmentNames) error {
	if len(k.List) > mostAssignmentRules {
		return fault.Invalid("rules", "Có tối đa %d quy tắc", mostAssignmentRules).Because("too_many_items")
	}
	var wrong []error
	seen := map[AssignmentRule]int{}
	for i, r := range k.List {
		if err := known.check(r); err != nil {
			wrong = append(wrong, fault.At(i, err))
		}
		same := r
		same.Unit = ""
		if first, twice := seen[same]; twice {
			wrong = append(wrong, fault.At(i, fault.Invalid("rules", "Trùng điều kiện với quy tắc %d", first+1).Because("duplicate")))
			continue
		}
		seen[same] = i
	}
	return fault.Join(wrong...)
}

// AssignmentNames say what there is.
type AssignmentNames struct {
	Category func(code string) bool
	Area     func(division, code string) bool
	Unit     func(id string) bool // and takes reports
}

func (n AssignmentNames) check(r AssignmentRule) error {
	var wrong [4]error
	if r.Category != "" && !n.Category(r.Category) {
		wrong[0] = fault.Invalid("category", "Lĩnh vực không có trong danh mục").Because("unknown")
	}
	if (r.Area != "" || r.Division != "") && !n.Area(r.Division, r.Area) {
		wrong[1] = fault.Invalid("area", "Không có địa bàn mang mã này trong bộ địa giới").Because("unknown")
	}
	if !r.Hours.Known() {
		wrong[2] = fault.Invalid("hours", "Giờ phải là working, outside, holiday hoặc để trống").Because("unknown")
	}
	switch {
	case r.Unit == "":
		wrong[3] = fault.Invalid("unit", "Chưa chọn đơn vị").Because("required")
	case !n.Unit(r.Unit):
		wrong[3] = fault.Invalid("unit", "Không có đơn vị đang nhận việc mang mã này").Because("unknown")
	}
	return fault.Join(wrong[:]...)
}

// Proposed is the unit that the rules propose for a report, and why. A human has the last word.
type Proposed struct {
	Unit    string
	Version int // of the rules of assignment
	Rule    int // the rule by its place from 1; 0: none fits, the category's own unit is meant
	Matched AssignmentRule
}

// Propose finds the unit for a report at an instant: the most particular rule that fits, of which the unit still takes
// reports. The category counts before the area, the nearest area before those around it, the hours last. Without one it
// is the unit of the category; false when that takes none either.
func (b *Rulebook) Propose(k AssignmentRules, r Report, at time.Time, takes func(unit string) bool) (Proposed, bool) {
	hours := b.current.Calendar.HoursAt(at)
	best, found := Proposed{Version: k.Version}, [3]int{-1, -1, -1}
	for i, rule := range k.List {
		weight, fits := rule.weight(r, hours)
		if fits && slices.Compare(weight[:], found[:]) > 0 && takes(rule.Unit) {
			best.Unit, best.Rule, best.Matched, found = rule.Unit, i+1, rule, weight
		}
	}
	if best.Rule == 0 {
		c, _ := b.Category(r.Category)
		best.Unit = c.Unit
	}
	return best, best.Unit != "" && takes(best.Unit)
}

// weight is how particular a rule is for a report; false when it does not fit.
func (k AssignmentRule) weight(r Report, hours Hours) (w [3]int, fits bool) {
	if k.Category != "" {
		if k.Category != r.Category {
			return w, false
		}
		w[0] = 1
	}
	if k.Area != "" {
		depth := slices.Index(r.Path, k.Area)
		if k.Division != r.Division || depth < 0 {
			return w, false
		}
		w[1] = depth + 1
	}
	if k.Hours != Always {
		if k.Hours != hours {
			return w, false
		}
		w[2] = 1
	}
	return w, true
}

// Why says in Vietnamese why the unit is proposed, with the names of the category and of the rule's area.
func (p Proposed) Why(category, area string) string {
	if p.Rule == 0 {
		return fmt.Sprintf("Đơn vị của lĩnh vực “%s”", category)
	}
	var parts []string
	if p.Matched.Category != "" {
		parts = append(parts, "lĩnh vực “"+category+"”")
	}
	if p.Matched.Area != "" {
		parts = append(parts, "địa bàn "+area)
	}
	if h := p.Matched.Hours.label(); h != "" {
		parts = append(parts, h)
	}
	return fmt.Sprintf("Quy tắc %d, bản %d: %s", p.Rule, p.Version, cmp.Or(strings.Join(parts, ", "), "mọi phản ánh"))
}

// ParseAssignments reads assignments.csv: category,division,area,hours,unit. An empty field holds for all.
func ParseAssignments(r io.Reader) ([]AssignmentRule, error) {
	var all []AssignmentRule
	err := eachRow(r, "category,division,area,hours,unit", func(row []string) error {
		rule := AssignmentRule{Category: row[0], Division: row[1], Area: row[2], Hours: Hours(row[3]), Unit: row[4]}
		if !rule.Hours.Known() {
			return fmt.Errorf("hours %q: want working, outside, holiday or nothing", row[3])
		}
		if (rule.Area == "") != (rule.Division == "") {
			return fmt.Errorf("area %q of division %q: want both or none", row[2], row[1])
		}
		if rule.Unit == "" {
			return fmt.Errorf("a rule needs a unit")
		}
		all = append(all, rule)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read assignments: %w", err)
	}
	return all, nil
}

// LoadAssignments reads the rules of assignment a province starts with.
func LoadAssignments(files fs.FS) ([]AssignmentRule, error) {
	return parseFile(files, "assignments.csv", ParseAssignments)
}
