// Package browser holds tests that look at the program as people do: they start it, open its pages in a real Chromium
// and read what stands there, pixel and word, against what the API and the database hold. Their build tag is e2e; with
// TOANCANH_LONG=1 they look at every page in every state and size, and longer.
//
// TOANCANH_SHOTS names a folder for a picture of everything that was looked at. TOANCANH_E2E_PROGRAM names a binary
// built elsewhere, TOANCANH_CHROMIUM a browser. The tests never import a room of the program.
package browser
