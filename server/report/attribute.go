package report

// Attribute is a question that a door asked beside the description, and the sender's answer to it. It is for staff alone.
type Attribute struct {
	Code   string
	Name   string   // the question as it was put
	Values []string // one, or several of a list
}
