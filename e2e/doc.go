// Package e2e holds tests of the program as it ships, from outside: they start it, send to it, kill it and what it
// stands on, and compare what every screen shows with what the database holds. Their build tag is e2e; with
// TOANCANH_LONG=1 each fault comes many times.
//
// It never imports a room of the program but the test servers and the contract: what it knows, any stranger knows.
package e2e
