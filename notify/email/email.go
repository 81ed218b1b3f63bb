// Package email reaches agents by mail.
package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/outside"
	"github.com/deskbell/deskbell/notify"
)

// Options are how mail goes out.
type Options struct {
	Host           string // of the SMTP server; required
	Port           int
	User, Password string // "": the server asks for none
	TLS            string // "starttls", "tls" or "none"
	From           string // address, with or without a name
}

// Sender reaches agents by mail.
type Sender struct {
	o    Options
	from *mail.Address
}

var _ notify.Sender = (*Sender)(nil)

// New returns a sender. A From that is no address is an error.
func New(o Options) (*Sender, error) {
	from, err := mail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("email.from: %q is no address: %w", o.From, err)
	}
	return &Sender{o: o, from: from}, nil
}

// Send implements notify.Sender. A repeat has the same Message-ID.
func (b *Sender) Send(ctx context.Context, address string, s notify.Reminder) error {
	m := gomail.NewMsg()
	if err := errors.Join(m.From(b.from.String()), m.To(address)); err != nil {
		return handover.Permanent(err)
	}
	_, domain, _ := strings.Cut(b.from.Address, "@")
	m.Subject(strings.Join(strings.Fields(s.Title), " "))
	m.SetDate()
	m.SetMessageIDWithValue(fmt.Sprintf("%s.%s@%s", s.Key, strings.ReplaceAll(address, "@", "."), domain))
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(gomail.TypeTextPlain, s.Text+"\n\nOpen it: "+s.URL+"\n\nYou asked for these mails; turn them off in the console's queue.\n")
	c, err := b.client()
	if err != nil {
		return err
	}
	server, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.CloseWithSMTPClient(server) }) // go-mail does not look at ctx from here on
	defer stop()
	err = c.SendWithSMTPClient(server, m)
	_ = c.CloseWithSMTPClient(server) // what was taken is taken
	var refused *gomail.SendError
	if errors.As(err, &refused) && !refused.IsTemp() && refused.ErrorCode() >= 500 {
		return handover.Permanent(fmt.Errorf("the mail server refused: %w", err))
	}
	return err
}

// mostAnswer is what a mail server may say in one session, in bytes.
const mostAnswer = 1 << 20

func (b *Sender) client() (*gomail.Client, error) {
	opts := []gomail.Option{gomail.WithPort(b.o.Port), gomail.WithTimeout(6 * time.Second), gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := &net.Dialer{}
		if b.o.TLS == "tls" {
			secure := &tls.Dialer{NetDialer: dialer, Config: &tls.Config{ServerName: b.o.Host, MinVersion: tls.VersionTLS12}}
			c, err := secure.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return outside.Conn(c, mostAnswer), nil
		}
		c, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return outside.Conn(c, mostAnswer), nil
	})}
	switch b.o.TLS {
	case "tls":
		opts = append(opts, gomail.WithSSL())
	case "none":
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if b.o.User != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(b.o.User), gomail.WithPassword(b.o.Password))
	}
	c, err := gomail.NewClient(b.o.Host, opts...)
	if err != nil {
		return nil, fmt.Errorf("email: %w", err)
	}
	return c, nil
}
