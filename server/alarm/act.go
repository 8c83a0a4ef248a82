package alarm

import "time"

// ActName names what is done to an alarm, or what happens to it.
type ActName string

// What people do.
const (
	DoAck          ActName = "ack"
	DoSilence      ActName = "silence"   // of the horn: never an acknowledgement
	DoUnsilence    ActName = "unsilence" //
	DoShelve       ActName = "shelve"
	DoUnshelve     ActName = "unshelve"
	DoSuppress     ActName = "suppress"
	DoUnsuppress   ActName = "unsuppress"
	DoOutOfService ActName = "out_of_service" // lead
	DoInService    ActName = "in_service"     // lead
	DoComment      ActName = "comment"
	DoCloseStale   ActName = "close_stale" // lead
)

// What happens by itself. Entries of changes bear the name of the change: raise, return, worse, again, calm.
const (
	ShelfEnded       ActName = "shelf_ended"
	SuppressionEnded ActName = "suppression_ended"
	SilenceEnded     ActName = "silence_ended"
)

// Act is something that a person, or the house by design, wants done.
type Act struct {
	Name    ActName
	Version int64      // what the doer saw; 0: whatever it is
	Minutes int        // shelve
	Until   *time.Time // suppress: when it ends by itself; nil: when taken back
	Reason  string
	Text    string // comment
	By      string // the name shown to colleagues
	As      string // role
	Lead    bool   // whether the doer leads the shift
}

// Act does it, or says in a Vietnamese sentence why not.
func (a Alarm) Act(act Act, now time.Time) (Alarm, Entry, error) { return a, Entry{}, nil }
