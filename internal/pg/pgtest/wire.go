package pgtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Trouble is what a Wire does to what goes through it. The zero value: nothing.
type Trouble struct {
	Down   bool                        // connections are cut, and refused
	Full   bool                        // new connections are refused: too many
	Hang   bool                        // nothing goes through, and nobody is told
	Delay  time.Duration               // of each statement or batch
	Code   string                      // SQLSTATE that statements are answered with, instead of being done
	Writes bool                        // Code is for statements that write
	If     func(statement string) bool // Code is for statements of this kind; nil: all
}

// Wire is a door to a PostgreSQL server that can be made to fail as networks, disks and servers do.
type Wire struct {
	URL string // of the same database, through the wire

	host     string // of the server
	port     uint16
	ln       net.Listener
	mu       sync.Mutex
	trouble  Trouble
	changed  chan struct{} // closed when the trouble changes
	database string        // instead of the one that clients ask for
	open     map[net.Conn]bool
	refused  int
}

// NewWire opens a door to the database of a URL, until the test ends.
func NewWire(t testing.TB, url string) *Wire {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{host: config.Host, port: config.Port, ln: ln, changed: make(chan struct{}), open: map[net.Conn]bool{}}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	w.URL = fmt.Sprintf("host=127.0.0.1 port=%s user=%s password='%s' dbname=%s sslmode=disable", port, config.User, config.Password, config.Database)
	go w.listen()
	t.Cleanup(func() {
		_ = ln.Close()
		w.Set(Trouble{Down: true})
	})
	return w
}

// Set makes, or ends, trouble. Down cuts what is open.
func (w *Wire) Set(t Trouble) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = t
	close(w.changed)
	w.changed = make(chan struct{})
	if t.Down {
		w.cut()
	}
}

// Switch cuts what is open and leads to another database of the server from now on, as a fail-over does.
func (w *Wire) Switch(database string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.database = database
	w.cut()
}

// Refused is how many statements were answered with Code.
func (w *Wire) Refused() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused
}

func (w *Wire) cut() {
	for c := range w.open {
		_ = c.Close()
	}
	clear(w.open)
}

func (w *Wire) now() (Trouble, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble, w.changed
}

func (w *Wire) listen() {
	for {
		c, err := w.ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			_ = w.serve(c)
		}()
	}
}

func (w *Wire) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble.Down {
		return false
	}
	w.open[c] = true
	return true
}

func (w *Wire) drop(c net.Conn) {
	_ = c.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

// pass waits while nothing goes through.
func (w *Wire) pass() Trouble {
	for {
		t, changed := w.now()
		if !t.Hang {
			return t
		}
		<-changed
	}
}

func (w *Wire) dial() (net.Conn, error) {
	if strings.HasPrefix(w.host, "/") {
		return net.Dial("unix", filepath.Join(w.host, fmt.Sprintf(".s.PGSQL.%d", w.port)))
	}
	return net.Dial("tcp", net.JoinHostPort(w.host, strconv.Itoa(int(w.port))))
}

// serve is one connection.
func (w *Wire) serve(client net.Conn) error {
	if !w.keep(client) {
		return nil
	}
	defer w.drop(client)
	front := pgproto3.NewBackend(client, client)
	for {
		first, err := front.ReceiveStartupMessage()
		if err != nil {
			return err
		}
		switch m := first.(type) {
		case *pgproto3.SSLRequest, *pgproto3.GSSEncRequest:
			if _, err := client.Write([]byte("N")); err != nil {
				return err
			}
		case *pgproto3.CancelRequest:
			server, err := w.dial()
			if err != nil {
				return err
			}
			defer func() { _ = server.Close() }()
			b, err := m.Encode(nil)
			if err != nil {
				return err
			}
			_, err = server.Write(b)
			return err
		case *pgproto3.StartupMessage:
			return w.begun(client, m)
		default:
			return fmt.Errorf("unexpected %T", m)
		}
	}
}

func (w *Wire) begun(client net.Conn, m *pgproto3.StartupMessage) error {
	if t := w.pass(); t.Full {
		return send(client, &pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: "53300", Message: "sorry, too many clients already"})
	}
	w.mu.Lock()
	if w.database != "" {
		m.Parameters["database"] = w.database
	}
	w.mu.Unlock()
	server, err := w.dial()
	if err != nil {
		return err
	}
	if !w.keep(server) {
		_ = server.Close()
		return nil
	}
	defer w.drop(server)
	if err := send(server, m); err != nil {
		return err
	}
	s := &session{w: w, client: client, server: server, named: map[string]string{}, state: 'I'}
	ctx, over := context.WithCancel(context.Background())
	go func() {
		defer over()
		_ = s.down()
		_ = client.Close()
	}()
	err = s.up()
	_ = server.Close()
	<-ctx.Done()
	return err
}

func send(to io.Writer, m interface{ Encode([]byte) ([]byte, error) }) error {
	b, err := m.Encode(nil)
	if err == nil {
		_, err = to.Write(b)
	}
	return err
}

// session is a connection after its start.
type session struct {
	w              *Wire
	client, server net.Conn
	named          map[string]string // prepared statements
	mu             sync.Mutex
	state          byte // of the transaction, as the server told last
}

// frame reads one message.
func frame(r io.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(head[1:]))
	if n < 4 || n > 1<<28 {
		return nil, errors.New("not a message")
	}
	b := append(head, make([]byte, n-4)...)
	_, err := io.ReadFull(r, b[5:])
	return b, err
}

func (s *session) down() error {
	for {
		b, err := frame(s.server)
		if err != nil {
			return err
		}
		if b[0] == 'Z' {
			s.mu.Lock()
			s.state = b[5]
			s.mu.Unlock()
		}
		s.w.pass()
		if _, err := s.client.Write(b); err != nil {
			return err
		}
	}
}

func (s *session) up() error {
	var batch []byte
	var statements []string
	for {
		b, err := frame(s.client)
		if err != nil {
			return err
		}
		parts := bytes.SplitN(b[5:], []byte{0}, 3)
		switch b[0] {
		case 'P':
			s.named[string(parts[0])] = string(parts[1])
		case 'B':
			statements = append(statements, s.named[string(parts[1])])
		case 'Q':
			statements = append(statements, string(parts[0]))
		}
		batch = append(batch, b...)
		if b[0] == 'P' || b[0] == 'B' || b[0] == 'D' || b[0] == 'E' || b[0] == 'C' {
			continue // more belongs to it
		}
		t := s.w.pass()
		time.Sleep(t.Delay)
		if len(statements) > 0 && t.refuses(statements) {
			err = s.refuse(t.Code)
		} else {
			_, err = s.server.Write(batch)
		}
		if err != nil {
			return err
		}
		batch, statements = nil, nil
	}
}

var writes = regexp.MustCompile(`(?i)\binsert\s+into\b|\bdelete\s+from\b|\bupdate\s+\w+(\s+(as\s+)?\w+)?\s+set\b`)

func (t Trouble) refuses(statements []string) bool {
	if t.Code == "" {
		return false
	}
	for _, s := range statements {
		if (!t.Writes || writes.MatchString(s)) && (t.If == nil || t.If(s)) {
			return true
		}
	}
	return false
}

// refuse answers for the server. A transaction that is open has failed.
func (s *session) refuse(code string) error {
	s.mu.Lock()
	state := s.state
	s.mu.Unlock()
	if state != 'I' {
		state = 'E'
	}
	s.w.mu.Lock()
	s.w.refused++
	s.w.mu.Unlock()
	message := map[string]string{"53100": "could not extend file: No space left on device", "25006": "cannot execute INSERT in a read-only transaction", "53300": "sorry, too many clients already"}[code]
	if err := send(s.client, &pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: message}); err != nil {
		return err
	}
	return send(s.client, &pgproto3.ReadyForQuery{TxStatus: state})
}
