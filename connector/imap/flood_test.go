package imap_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
)

// flood is an answer of absurd size, by the command that it is given to; a %s in it is the tag.
type flood struct {
	command string
	answer  script
	fails   bool // false: what comes is taken for what it is, and is small
}

// told says an answer, and what then goes on for ever.
func told(text, forever string) script {
	if forever == "" {
		return say(text)
	}
	return seq(say(text), endless(forever))
}

const listed = "* 1 FETCH (UID 1 FLAGS () INTERNALDATE \" 1-Jan-2000 00:00:00 +0000\" RFC822.SIZE 5 BODY[HEADER] "

// floods are what a server can announce or send without an end.
func floods() map[string]flood {
	all := map[string]flood{
		"numbers of a search": {"UID SEARCH", func(c net.Conn) {
			_, _ = io.WriteString(c, "* SEARCH")
			for range 10_000_000 / 1000 {
				if _, err := io.WriteString(c, numbers); err != nil {
					return
				}
			}
			_, _ = io.WriteString(c, "\r\n%s OK\r\n")
		}, true},
		"numbers that fall":   {"UID SEARCH", say("* SEARCH " + falling + "\r\n%s OK\r\n"), true},
		"sets that fall":      {"UID SEARCH", say("* ESEARCH (TAG \"%s\") UID ALL " + strings.ReplaceAll(falling, " ", ",") + "\r\n%s OK\r\n"), true},
		"every number":        {"UID SEARCH", say("* ESEARCH (TAG \"%s\") UID ALL 1:4294967295\r\n%s OK\r\n"), false},
		"numbers of a copy":   {"UID MOVE", say("* OK [COPYUID 1 1 1:4294967295]\r\n%s OK\r\n"), false},
		"numbers, at the end": {"UID MOVE", say("%s OK [COPYUID 1 1:4294967295 1:4294967295] done\r\n"), false},
		"sets of a copy":      {"UID MOVE", say("%s OK [COPYUID 1 1 " + strings.ReplaceAll(falling, " ", ",") + "] done\r\n"), true},
		"mail that is none":   {"UID FETCH", told(listed+"{4294967296}\r\n", "x"), true},
		"deep structure":      {"UID FETCH", say("* 1 FETCH (UID 1 BODYSTRUCTURE " + strings.Repeat("(", 100_000)), true},
		"endless structure":   {"UID FETCH", told("* 1 FETCH (UID 1 BODYSTRUCTURE ", "("), true},
		"deep messages":       {"UID FETCH", told("* 1 FETCH (UID 1 BODYSTRUCTURE ", `("message" "rfc822" NIL NIL NIL "7bit" 1 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) `), true},
		"deep anything":       {"NOOP", told("* ESEARCH (", "("), true},
	}
	for size, of := range map[string]string{"4 GB": "{4294967296}", "2^63": "{9223372036854775808}", "2^63-1": "{9223372036854775807}", "2^64": "{18446744073709551616}",
		"negative": "{-1}", "no": "{}", "long": "{" + strings.Repeat("9", 5000) + "}"} {
		for place, at := range map[string]flood{
			"folder":        {"LIST", say("* LIST () \"/\" "), true},
			"delimiter":     {"LIST", say("* LIST () "), true},
			"status":        {"NOOP", say("* STATUS "), true},
			"namespace":     {"NOOP", say("* NAMESPACE (("), true},
			"subject":       {"UID FETCH", say("* 1 FETCH (UID 1 ENVELOPE (NIL "), true},
			"media type":    {"UID FETCH", say("* 1 FETCH (UID 1 BODYSTRUCTURE ("), true},
			"header's name": {"UID FETCH", say("* 1 FETCH (UID 1 BODY[HEADER.FIELDS ("), true},
			"header":        {"UID FETCH", say(strings.Replace(listed, "UID 1", "UID 2", 1)), true},
		} {
			all[size+" as "+place] = flood{at.command, seq(at.answer, told(of+"\r\n", "x")), true}
		}
	}
	for name, text := range map[string]string{"line": "* OK ", "code": "* OK [", "answer": "%s OK ", "data": "* LIST () \"/\" ", "kind": "* ", "tag": "x", "string": "* LIST () \"/\" \"",
		"flags": "* FLAGS (\\A", "capability": "* CAPABILITY A", "request": "+ "} {
		all["endless "+name] = flood{"NOOP", told(text, "x"), true}
	}
	return all
}

// numbers are a thousand, falling are many that lie apart.
var (
	numbers = func() string {
		var b strings.Builder
		for i := range 1000 {
			b.WriteString(" " + strings.Repeat("1", 1+i%4) + "7")
		}
		return b.String()
	}()
	falling = func() string {
		var all []string
		for i := range 50_000 {
			all = append(all, strconv.Itoa(4_000_000-2*i))
		}
		return strings.Join(all, " ")
	}()
)

// most is what a flood may make us allocate. The race detector adds some.
const most = 96 << 20

// TestFloods meets answers of absurd size everywhere: nothing of their size is allocated, what cannot be is a
// typed error, and nothing hangs.
func TestFloods(t *testing.T) {
	for name, f := range floods() {
		synctest.Test(t, func(t *testing.T) {
			start, before := time.Now(), allocated()
			err := meet(t, f)
			got := allocated() - before
			require.Less(t, got, uint64(most), name)
			require.Less(t, time.Since(start), 20*time.Minute, name)
			require.Equal(t, f.fails, err != nil, "%s: %v", name, err)
			if err == nil {
				return
			}
			require.ErrorIs(t, err, connector.ErrUnexpected, name)
			typed := &connector.Error{}
			require.ErrorAs(t, err, &typed, name)
			require.NotEmpty(t, typed.Remedy, "%s: %v", name, err)
		})
	}
}

// allocated is what was allocated until now.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// meet does what brings the flood, on a mailbox with one mail.
func meet(t *testing.T, f flood) error {
	t.Helper()
	m := &middle{}
	s := besieger(m, f.command, f.answer)
	defer m.work.Wait()
	b, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
	if err != nil {
		return err
	}
	defer b.(io.Closer).Close()
	end, err := b.End(t.Context())
	if err != nil {
		return err
	}
	if _, _, err = b.Arrivals(t.Context(), end); err != nil {
		return err
	}
	for _, err := range b.Search(t.Context(), connector.Query{Since: time.Now(), Everything: true}) {
		if err != nil {
			return err
		}
	}
	src, err := b.Fetch(t.Context(), "INBOX:1.1", connector.DepthWhole)
	if err != nil {
		return err
	}
	if _, err = io.Copy(io.Discard, src); err != nil {
		return err
	}
	_, err = b.(connector.Mover).Move(t.Context(), "INBOX:1.1", "Work")
	return err
}

const opened = "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 2] x\r\n%s OK\r\n"

// besieger is a mailbox with one mail, on a server that plays a script in answer to one command.
func besieger(m *middle, command string, answer script) imap.Server {
	own := map[string]string{"LIST": "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Work\r\n%s OK\r\n",
		"EXAMINE": opened, "SELECT": opened, "UID SEARCH": "* SEARCH\r\n%s OK\r\n",
		"UID FETCH": listed + "{5}\r\na: b\n)\r\n%s OK\r\n",
		"STATUS":    "* STATUS INBOX (UIDNEXT 2 UIDVALIDITY 1)\r\n%s OK\r\n"}
	return imap.Server{Host: "localhost", Security: imap.Plain, Address: attackedUser, Password: connector.Literal("x"),
		Dial: m.dial(seq(say("* OK hello\r\n"), answeringWith(everything+" MOVE", own, command, answer)))}
}

// TestHugeMail streams a mail that is announced with 4 GB and breaks off after 64 MB.
func TestHugeMail(t *testing.T) {
	const sent = 64 << 20
	m := &middle{}
	part := make([]byte, 1<<20)
	b, err := besieger(m, "UID FETCH", func(c net.Conn) {
		say("* 1 FETCH (UID 1 BODY[] {4294967296}\r\n")(c)
		for range sent / len(part) {
			_, _ = c.Write(part)
		}
		hang(c)
	}).Open(t.Context(), []connector.Folder{connector.Inbox})
	require.NoError(t, err)
	before := allocated()
	src, err := b.Fetch(t.Context(), "INBOX:1.1", connector.DepthWhole)
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, src)
	require.ErrorIs(t, err, connector.ErrUnavailable)
	require.EqualValues(t, sent, n)
	require.Less(t, allocated()-before, uint64(8<<20))
	require.NoError(t, src.Close())
	require.NoError(t, b.(io.Closer).Close())
	m.work.Wait()
}

// TestEarlyContent meets a server that tells of mails before it says that their folder is open: the look and
// the reading end with an error, at the latest when their context does, and the mailbox can be closed.
func TestEarlyContent(t *testing.T) {
	for name, do := range map[string]func(context.Context, connector.Backend) error{
		"look": func(ctx context.Context, b connector.Backend) error {
			_, _, err := b.Arrivals(ctx, connector.Cursor{Token: "1 INBOX:1.1"})
			return err
		},
		"reading": func(ctx context.Context, b connector.Backend) error {
			_, err := b.Fetch(ctx, "INBOX:1.1", connector.DepthText)
			return err
		},
	} {
		for _, limit := range []time.Duration{time.Second, time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				m, times := &middle{}, 0
				s := besieger(m, "EXAMINE", nil)
				s.Dial = m.dial(seq(say("* OK hello\r\n"), func(c net.Conn) {
					answeringWith(everything, map[string]string{"EXAMINE": "", "LIST": "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Work\r\n%s OK\r\n",
						"UID FETCH": listed + "{5}\r\na: b\n)\r\n", "UID SEARCH": "* SEARCH\r\n%s OK\r\n"}, "EXAMINE", func(c net.Conn) {
						if times++; times <= 2 {
							say(opened)(c)
						}
					})(c)
				}))
				b, err := s.Open(t.Context(), []connector.Folder{"Work", connector.Inbox})
				require.NoError(t, err)
				requireNone(t, b, connector.Query{Folder: "Work", Since: time.Now(), Everything: true}) // the inbox is to be opened anew
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				err = do(ctx, b)
				require.ErrorIs(t, err, connector.ErrUnavailable, name)
				require.LessOrEqual(t, time.Since(start), min(limit, 5*time.Minute), name)
				require.NoError(t, b.(io.Closer).Close())
				m.work.Wait()
			})
		}
	}
}
