package open311

// ParseInstant is parseInstant for the tests.
var ParseInstant = parseInstant
