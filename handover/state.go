package handover

// State says who holds a conversation.
type State string

// The four states; docs/architecture.md draws how they follow each other.
const (
	WithBot State = "bot"
	Waiting State = "waiting"
	Claimed State = "claimed"
	Closed  State = "closed"
)

// Step names what moves a conversation from one state to the next.
type Step string

// The steps that change the state.
const (
	stepWrite    Step = "write"
	stepRequest  Step = "request"
	stepCancel   Step = "cancel"
	stepClaim    Step = "claim"
	stepTakeOver Step = "take_over"
	stepAssign   Step = "assign"
	stepRelease  Step = "release"
	stepTransfer Step = "transfer"
	stepReturn   Step = "return"
	stepResolve  Step = "resolve"
	stepReopen   Step = "reopen"
	stepErase    Step = "erase"
)

// The steps that leave the state as it is, and are refused in some.
const (
	stepReply    Step = "reply"
	stepEscalate Step = "escalate"
	stepSnooze   Step = "snooze"
)

// String says the step as a sentence has it: "cannot … conversation 7".
func (s Step) String() string {
	switch s {
	case stepWrite:
		return "write in"
	case stepRequest:
		return "request a handoff for"
	case stepTakeOver:
		return "take over"
	case stepReply:
		return "reply in"
	}
	return string(s)
}

// transitions is the whole state machine.
var transitions = map[State]map[Step]State{
	WithBot: {stepWrite: WithBot, stepRequest: Waiting, stepTakeOver: Claimed, stepErase: Closed},
	Waiting: {stepWrite: Waiting, stepClaim: Claimed, stepAssign: Claimed, stepTransfer: Waiting, stepCancel: WithBot, stepReturn: WithBot, stepResolve: Closed, stepErase: Closed},
	Claimed: {stepWrite: Claimed, stepAssign: Claimed, stepRelease: Waiting, stepTransfer: Waiting, stepReturn: WithBot, stepResolve: Closed, stepErase: Closed},
	Closed:  {stepWrite: WithBot, stepReopen: Claimed, stepErase: Closed},
}

// Reason says why a handoff was made.
type Reason string

// The reasons; the schema repeats them.
const (
	Requested        Reason = "requested"
	LowConfidence    Reason = "low_confidence"    // passages found, but below the threshold
	OutsideKnowledge Reason = "outside_knowledge" // nothing found, or out of scope
	BotBreak         Reason = "bot_break"         // the advisor failed or had no line
	Frustration      Reason = "frustration"
	Rule             Reason = "rule"
	FormComplete     Reason = "form_complete"
	AgentInitiated   Reason = "agent_initiated"
)

// Outcome says how a handoff ended.
type Outcome string

// The outcomes of a closed handoff.
const (
	Resolved  Outcome = "resolved"
	Returned  Outcome = "returned"
	Cancelled Outcome = "cancelled"
)

// Gate is the answer to "can a human be had now".
type Gate string

// The gate's three answers.
const (
	GateOpen     Gate = "open"
	GateClosed   Gate = "closed"
	GateDisabled Gate = "disabled"
)
