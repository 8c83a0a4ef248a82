package report

import (
	"strings"
	"unicode"

	"toancanh/server/fault"
)

// Contact is how to reach a sender. It never enters a Report, an Event or a log.
type Contact struct{ Name, Phone, Email string }

// Bounds of a contact, in characters.
const (
	maxName       = 100
	maxEmail      = 254 // RFC 5321, 4.5.3.1.3
	leastPhone    = 8   // digits
	mostPhone     = 15  // digits, ITU-T E.164
	maxPhoneTyped = 40
)

// Empty reports whether nothing was given.
func (c Contact) Empty() bool { return c == Contact{} }

// Check cleans a contact (NFC, trimmed) and says everything that is wrong with it. An empty one is right. The
// messages never repeat what was sent.
func (c Contact) Check() (Contact, error) {
	var wrong [3]error
	c.Name, wrong[0] = cleanText("contact.name", c.Name, bounds{most: maxName})
	c.Phone, wrong[1] = cleanText("contact.phone", c.Phone, bounds{most: maxPhoneTyped})
	if wrong[1] == nil && c.Phone != "" && !plausiblePhone(c.Phone) {
		wrong[1] = fault.Invalid("contact.phone", "Số điện thoại không đúng: cần từ %d đến %d chữ số", leastPhone, mostPhone).Because("format")
	}
	c.Email, wrong[2] = cleanText("contact.email", c.Email, bounds{most: maxEmail})
	if wrong[2] == nil && c.Email != "" && !plausibleEmail(c.Email) {
		wrong[2] = fault.Invalid("contact.email", "Địa chỉ thư điện tử không đúng").Because("format")
	}
	return c, fault.Join(wrong[:]...)
}

func plausiblePhone(text string) bool {
	digits := 0
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0:
		case strings.ContainsRune(" .-()\u00a0", r):
		default:
			return false
		}
	}
	return digits >= leastPhone && digits <= mostPhone
}

// plausibleEmail asks for one @ between something and a name with a dot; only a letter sent there proves more.
func plausibleEmail(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	if !ok || local == "" || strings.Contains(domain, "@") || strings.ContainsFunc(text, unicode.IsSpace) {
		return false
	}
	labels := strings.Split(domain, ".")
	for _, l := range labels {
		if l == "" || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") {
			return false
		}
	}
	return len(labels) > 1 && !strings.ContainsAny(text, `"'<>(),;:\/`)
}
