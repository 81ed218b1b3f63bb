package handover

import (
	"strconv"
	"time"
)

// Kind names what happens outside the database.
type Kind string

// The kinds of effects, by lane.
const (
	KindAnswer Kind = "answer" // the bot thinks about what the customer wrote
	KindBrief  Kind = "brief"  // the copilot reads the conversation for the agent

	KindIntroduce Kind = "introduce" // the agent's profile is looked up, then they say hello
	KindFetch     Kind = "fetch"     // what an agent's files have is fetched from the workspace
	KindDeliver   Kind = "deliver"   // a message, an edit or a deletion goes out to the customer
	KindState     Kind = "state"     // so does the state

	KindPreview Kind = "preview" // a team is shown a conversation that is with the bot
	KindCard    Kind = "card"    // the card is posted, or redrawn from the newest row

	KindRemind Kind = "remind" // agents who asked for it are told that nobody has claimed

	KindTranscript Kind = "transcript" // what was said before goes into the thread
	KindRelay      Kind = "relay"      // a message goes into the thread
	KindMark       Kind = "mark"       // an agent's line shows that it failed
	KindSweep      Kind = "sweep"      // late copies of our posts are looked for and deleted

	KindErase Kind = "erase" // nothing is left of the conversation
)

// The lanes of a conversation. Lanes never wait for each other; inside one, effects are done in order.
const (
	LaneThink    = "think"
	LaneCustomer = "customer"
	LaneCard     = "card"
	LaneThread   = "thread"
	LanePeople   = "people"
	LanePreview  = "preview"
	LaneErase    = "erase"
)

// Lane returns the lane that effects of this kind are done in, or "" for a kind that is not known.
func (k Kind) Lane() string {
	switch k {
	case KindAnswer, KindBrief:
		return LaneThink
	case KindIntroduce, KindFetch, KindDeliver, KindState:
		return LaneCustomer
	case KindPreview:
		return LanePreview
	case KindCard:
		return LaneCard
	case KindRemind:
		return LanePeople
	case KindErase:
		return LaneErase
	case KindTranscript, KindRelay, KindMark, KindSweep:
		return LaneThread
	}
	return ""
}

// Posts says whether effects of this kind post in a team's channel: an attempt whose outcome is unknown, or that came late, may leave a copy there.
func (k Kind) Posts() bool { return k == KindCard || k == KindTranscript || k == KindRelay }

// SweepAfter is how long after such an attempt copies are looked for: a platform may show a post later than it says so.
const SweepAfter = 10 * time.Second

// PostLimit is what limits posts in a place: each platform declares its own "PLATFORM:post".
func (p Place) PostLimit() LimitKey {
	return LimitKey{p.Platform() + ":post", p.Workspace + " " + p.Channel}
}

// UpdateLimit is what limits updates of what was posted in a place: each platform declares its own "PLATFORM:update".
func (p Place) UpdateLimit() LimitKey { return LimitKey{p.Platform() + ":update", p.Workspace} }

// chatLimit is what limits deliveries to one customer: a channel may declare its own "CHANNEL:chat".
func chatLimit(c Conversation) LimitKey {
	return LimitKey{c.Channel + ":chat", strconv.FormatInt(c.ID, 10)}
}

// The order in which free slots are given away.
const (
	firstCard = iota
	claim
	relay
	redraw
)

// Effect is something to do outside the database, saved with its cause and done at least once.
type Effect struct {
	ID       int64
	Kind     Kind
	Message  Message // what it is about, as it is now; zero: the conversation
	Handoff  int64
	Limit    LimitKey // the platform's, that its lane waits for
	Priority int      // lower is sooner
	Blocked  bool     // its lane waits until the card has its ts
}

// Batch is what a worker got with the lease of a lane: effects of one kind, in order.
type Batch struct {
	Conversation Conversation
	Lane         string
	Kind         Kind
	Effects      []Effect
	Attempt      int64         // the fencing token: Done and Retry are refused when the lane moved on
	Failures     int           // how often the head of the lane has failed
	CheckFirst   bool          // an earlier attempt may have been done: look first
	Age          time.Duration // of the oldest effect
}

// TimerKind names what is due later.
type TimerKind string

// The kinds of timers.
const (
	TimerPublish TimerKind = "publish" // an undo window ends
	TimerRedraw  TimerKind = "redraw"  // a card's age changes
	TimerSweep   TimerKind = "sweep"   // time to look for late copies
	TimerRemind  TimerKind = "remind"  // nobody has claimed for a while
	TimerSnooze  TimerKind = "snooze"  // a snooze is over
)

// Timer is something due later. A due timer calls one Desk method, which checks that it still applies.
type Timer struct {
	Conversation int64
	Handoff      int64
	Kind         TimerKind
	Subject      int64         // a message, or 0
	After        time.Duration // from now, by the database's clock
}
