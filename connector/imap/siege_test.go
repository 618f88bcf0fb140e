package imap_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// fragments are what hostile values are made of.
var fragments = []string{`"`, `""`, `\`, `\"`, `\\`, "{5}", "{5+}", "{0}", "{4294967296}", "~{3}", "*", "%", "1:*", "&", "&-", "&&", "&AGE-", "&Jjo-", "&AA0ACg-",
	"(", ")", "()", "[", "]", "<", ">", `" OR ALL "`, `" ALL`, `") EXPUNGE`, " UID EXPUNGE 1:*", "A1 LOGOUT", "T1 OK", "+ ", "* BYE", " NIL", "INBOX", "..", ".", "~",
	"'", ";", ",", "$", "`", "\u202e", "\u200b", "\u2028", "\u0301", "\ufeff", "é", "ß", "İ", "日本語", "عربي", "🎉", "👩‍👩‍👧", "\x7f", "\x1b", "\t", " ", "  ", "x", "0", "%s%n"}

// hostileValues makes values, all different, by a fixed seed: each is some fragments, and some are as long
// as the fake takes.
func hostileValues(seed uint64, n int) []string {
	r := rand.New(rand.NewPCG(seed, 9051))
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		for range 1 + r.IntN(7) {
			b.WriteString(fragments[r.IntN(len(fragments))])
		}
		if i%500 == 0 {
			long := fragments[r.IntN(len(fragments))]
			b.WriteString(strings.Repeat(long, 1200/len(long)))
		}
		at := r.IntN(2)
		out[i] = strings.Repeat(fmt.Sprint(i, ":"), at) + b.String() + strings.Repeat(fmt.Sprint(":", i), 1-at)
	}
	return out
}

// mailboxArg is how a folder's name goes over the line: modified UTF-7 (RFC 3501 §5.1.3), as a string.
func mailboxArg(name string) string {
	var b strings.Builder
	var run []rune
	flush := func() {
		if len(run) > 0 {
			var raw []byte
			for _, u := range utf16.Encode(run) {
				raw = append(raw, byte(u>>8), byte(u))
			}
			b.WriteString("&" + strings.ReplaceAll(base64.RawStdEncoding.EncodeToString(raw), "/", ",") + "-")
			run = nil
		}
	}
	for _, r := range name {
		switch {
		case r < ' ' || r > '~':
			run = append(run, r)
		case r == '&':
			flush()
			b.WriteString("&-")
		default:
			flush()
			b.WriteRune(r)
		}
	}
	flush()
	return stringArg(b.String())
}

// stringArg is a text of ASCII as a string (RFC 3501 §4.3): quoted, unless it is very long.
func stringArg(s string) string {
	if len(s) > 4096 {
		return fmt.Sprintf("{%d+}\r\n%s", len(s), s) // the server has LITERAL+
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// siege is one mailbox with hostile folders, and the commands that its server must have got.
type siege struct {
	t    *testing.T
	box  *mailstore.Mailbox
	fake *fakeimap.Server
	at   imap.Server
	want []string
	seen int
}

// newSiege is a server in memory.
func newSiege(t *testing.T) *siege {
	t.Helper()
	store := mailstore.New()
	g := &siege{t: t, box: store.Add("qa@example.com")}
	var err error
	g.fake, err = fakeimap.New(store, &fakeimap.Options{TLS: fakeimap.Plain, Users: map[string]string{"qa@example.com": "secret"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, g.fake.Close()) })
	g.at = imap.Server{Host: "localhost", Security: imap.Plain, Address: "qa@example.com", Password: connector.Literal("secret"), Dial: g.fake.DialContext}
	return g
}

// open opens the mailbox, and says what that asks for.
func (g *siege) open(watch ...connector.Folder) connector.Backend {
	g.t.Helper()
	b, err := g.at.Open(g.t.Context(), watch)
	require.NoError(g.t, err)
	g.t.Cleanup(func() { require.NoError(g.t, b.(io.Closer).Close()) })
	g.expect("AUTHENTICATE", listAll, "EXAMINE INBOX")
	return b
}

// folder makes a folder for as long as a task runs.
func (g *siege) folder(name string, task func(connector.Folder)) {
	g.t.Helper()
	require.NoError(g.t, g.box.CreateFolder(name), "%q", name)
	task(connector.Folder(name))
	require.NoError(g.t, g.box.DeleteFolder(name))
}

const listAll = `LIST "" "*" RETURN (SPECIAL-USE)`

func (g *siege) expect(commands ...string) { g.want = append(g.want, commands...) }

// check compares what was expected with what the server got; more is called what happened in between.
func (g *siege) check(more ...any) {
	g.t.Helper()
	all := g.fake.Commands()
	got := all[g.seen:]
	g.seen = len(all)
	for i, line := range got {
		got[i] = inOrder(line)
	}
	require.Equal(g.t, append([]string{}, g.want...), got, more...)
	g.want = nil
}

// inOrder sorts what a STATUS and a FETCH ask for: its order means nothing.
func inOrder(line string) string {
	at := strings.LastIndex(line, " (")
	if at < 0 || !strings.HasPrefix(line, "STATUS ") && !strings.HasPrefix(line, "FETCH ") && !strings.HasPrefix(line, "UID FETCH ") {
		return line
	}
	words := strings.Fields(strings.Trim(line[at+2:], ")"))
	slices.Sort(words)
	return line[:at+2] + strings.Join(words, " ") + ")"
}

const statusItems = " (UIDNEXT UIDVALIDITY)"
