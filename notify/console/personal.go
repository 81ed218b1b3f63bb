package console

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/handover"
)

// shown is a cookie of one conversation whose personal data an agent looks at.
const shown = "deskbell_shown"

// show lets an agent who may look at a conversation's personal data for a quarter of an hour. The log keeps who did.
func (c *Console) show(w http.ResponseWriter, r *http.Request, a Agent) {
	p, err := c.conversation(r, a)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	if !a.Personal {
		http.Error(w, "Personal data is shown to leads and admins.", http.StatusForbidden)
		return
	}
	path := "/console/c/" + strconv.FormatInt(p.C.ID, 10)
	http.SetCookie(w, &http.Cookie{Name: shown, Value: "1", Path: path, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.o.Secure, MaxAge: 15 * 60}) //nolint:gosec // as above
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// present renders a conversation, personal data out of sight unless the agent looks at it.
func (c *Console) present(w http.ResponseWriter, r *http.Request, status int, p page) {
	looks := false
	if _, err := r.Cookie(shown); err == nil && p.Agent.Personal { // wherever the cookie is from
		err := c.log.Audit(r.Context(), handover.AuditEntry{Who: p.Agent.Name, Deed: handover.DeedRead, Conversation: p.C.ID, Within: 15 * time.Minute})
		if looks = err == nil; !looks {
			c.o.Logger.WarnContext(r.Context(), "personal data stays hidden: the audit log cannot be written", "err", err)
			p.Say = strings.TrimSpace(p.Say + " Personal data stays hidden: that you read it cannot be written down just now.")
		}
	}
	if !looks {
		hidden, talk := p.C.Masked(c.o.Mask), c.o.Mask.Talk(p.Transcript)
		p.Hidden = !reflect.DeepEqual(hidden, p.C) || !reflect.DeepEqual(talk, p.Transcript)
		p.C, p.Transcript = hidden, talk
	} else {
		c.o.Logger.InfoContext(r.Context(), "personal data is shown", "agent", p.Agent.Name, "conversation", p.C.ID)
	}
	c.render(w, status, "conversation", p)
}

// auditPage is how many lines of the audit log a page has.
const auditPage = 100

// audit shows leads and admins who did what that people may ask about.
func (c *Console) audit(w http.ResponseWriter, r *http.Request, a Agent) {
	if !a.Personal {
		http.Error(w, "The audit log is shown to leads and admins.", http.StatusForbidden)
		return
	}
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil && r.URL.Query().Has("before") || before < 0 {
		http.Error(w, "before: expected the number of a line.", http.StatusBadRequest)
		return
	}
	p := page{Agent: a}
	if p.Audit, err = c.log.Audited(r.Context(), before, auditPage); err != nil {
		c.failed(w, r, err)
		return
	}
	if len(p.Audit) == auditPage {
		p.Before = p.Audit[auditPage-1].ID
	}
	c.render(w, http.StatusOK, "audit", p)
}
