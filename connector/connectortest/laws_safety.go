package connectortest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// safetyLaws are about what must not happen, whatever a test says.
func safetyLaws() []Law {
	return []Law{
		{Name: "a-misconfiguration-shows-before-the-first-request", Needs: canCount, Run: misconfigured,
			Why: "what is configured wrongly must not touch a mailbox, not even to find out"},
		{Name: "a-mailbox-can-what-it-says", Run: capable,
			Why: "a test that asks before it needs something must get the truth, in both directions"},
		{Name: "a-denied-address-gets-no-mail", Needs: canPeer, Run: deniedPeer,
			Why: "the list of what is out of bounds is stronger than the list of what is allowed"},
		{Name: "a-dry-run-changes-nothing", Needs: canTrash, Run: dryRun,
			Why: "who tries a suite against a mailbox for the first time must see what it would do, and nothing more"},
		{Name: "no-run-sends-more-than-its-cap", Needs: canPeer, Run: sendCap,
			Why: "a loop gone wild must not become a thousand mails"},
		{Name: "no-run-acts-more-than-its-cap", Needs: canTrash, Run: actCap,
			Why: "a loop gone wild must not empty a mailbox"},
		{Name: "a-recipient-cannot-be-smuggled-in", Needs: canPeer, Run: smuggled,
			Why: "nobody is written to by the back door: as a name, a group, a comment, a second address, or a header field"},
	}
}

// misconfigurations are the options that are refused, by what is wrong, for the mailbox.
func misconfigurations(mailbox string) map[string]struct {
	kind    error
	options connector.Options
} {
	_, domain, _ := strings.Cut(mailbox, "@")
	type o = connector.Options
	return map[string]struct {
		kind    error
		options connector.Options
	}{
		"the mailbox is out of bounds":                 {connector.ErrRefused, o{Deny: []string{mailbox}}},
		"its domain is out of bounds":                  {connector.ErrRefused, o{Deny: []string{"@" + domain}}},
		"an entry of Deny is no address":               {connector.ErrConfig, o{Deny: []string{"production"}}},
		"an entry of SendTo is no address":             {connector.ErrConfig, o{SendTo: []string{"*"}}},
		"SendTo is empty":                              {connector.ErrConfig, o{SendTo: []string{}}},
		"SendTo opens a public provider's domain":      {connector.ErrRefused, o{SendTo: []string{"@gmail.com"}}},
		"SendTo opens a top-level domain":              {connector.ErrRefused, o{SendTo: []string{"@com"}}},
		"SendTo and Deny name the same":                {connector.ErrConfig, o{SendTo: []string{"x@shop.example"}, Deny: []string{"@shop.example"}}},
		"a limit is negative":                          {connector.ErrConfig, o{SendMax: -1}},
		"a wait is negative":                           {connector.ErrConfig, o{Wait: -time.Second}},
		"no folder is watched":                         {connector.ErrConfig, o{Folders: []connector.Folder{}}},
		"a watched folder is blank":                    {connector.ErrConfig, o{Folders: []connector.Folder{" "}}},
		"Looks is out of range":                        {connector.ErrConfig, o{Looks: 1_000_000}},
		"Share is out of range":                        {connector.ErrConfig, o{Share: 1.5}},
		"Cleanup and DryRun contradict each other":     {connector.ErrConfig, o{Cleanup: true, DryRun: true}},
		"an entry of SendTo is two addresses":          {connector.ErrConfig, o{SendTo: []string{"a@shop.example, b@shop.example"}}},
		"an entry of Deny has no domain":               {connector.ErrConfig, o{Deny: []string{"qa@"}}},
		"the mailbox with a tag is out of bounds, too": {connector.ErrRefused, o{Deny: []string{strings.ToUpper(mailbox)}}},
	}
}

func misconfigured(t T, in *Instance) {
	before := in.Requests()
	for what, c := range misconfigurations(in.Server.Mailbox()) {
		s, err := connector.Connect(t.Context(), in.Server, &c.options)
		is(t, err, c.kind, what)
		same(t, in.Requests(), before, "the number of requests, where "+what)
		if s != nil {
			_ = s.Close()
		}
		if e, ok := err.(*connector.Error); !ok || e.Remedy == "" { //nolint:errorlint // the error itself must be one
			t.Errorf("%s: the error has no remedy: %v", what, err)
		}
	}
}

func capable(t T, in *Instance) {
	s := in.connect(t, nil)
	requests := 0
	if in.Requests != nil {
		requests = in.Requests()
	}
	can := s.Capabilities()
	if in.Requests != nil {
		same(t, in.Requests(), requests, "the number of requests for the report")
	}
	same(t, can.Mailbox, in.Server.Mailbox(), "the mailbox of the report")
	m := in.finds(t, s, in.send("to be acted on").query())
	_, folders := s.Folders(t.Context())
	_, send := s.Send(t.Context(), connector.Draft{To: []string{in.Server.Mailbox()}, Subject: "to be sent"})
	for _, c := range []struct {
		what string
		can  bool
		err  error
	}{
		{"list folders", can.Folders, folders}, {"send", can.Send, send}, {"set the read flag", can.SetRead, s.SetRead(t.Context(), m, true)},
		{"move", can.Move, s.Move(t.Context(), m, connector.Archive)}, {"trash", can.Trash, s.Trash(t.Context(), m)},
	} {
		switch {
		case c.can:
			must(t, c.err, c.what)
		case !cannot(c.err):
			t.Errorf("the mailbox says that it cannot %s; the error is: %v", c.what, c.err)
		}
	}
}

func deniedPeer(t T, in *Instance) {
	_, domain, _ := strings.Cut(in.Peer, "@")
	s := in.connect(t, &connector.Options{SendTo: []string{"@" + domain, in.Server.Mailbox()}, Deny: []string{in.Peer}})
	_, err := s.Send(t.Context(), connector.Draft{To: []string{in.Peer}, Subject: "out of bounds"})
	if cannot(err) {
		return
	}
	is(t, err, connector.ErrRefused, "sending to whom Deny names")
	local, _, _ := strings.Cut(in.Peer, "@")
	_, err = s.Send(t.Context(), connector.Draft{To: []string{in.Server.Mailbox()}, Bcc: []string{local + "+tag@" + domain}, Subject: "out of bounds"})
	is(t, err, connector.ErrRefused, "a blind copy with a tag")
	same(t, len(in.PeerMail()), 0, "the number of mails that came to the peer")
}

func dryRun(t T, in *Instance) {
	s := in.connect(t, &connector.Options{DryRun: true})
	m := in.finds(t, s, connector.Query{Subject: in.send("left alone").subject, Claim: true})
	before := in.Snapshot()
	folders := slices.Clone(m.Folders)
	for what, err := range map[string]error{
		"move": s.Move(t.Context(), m, connector.Archive), "trash": s.Trash(t.Context(), m), "mark": s.SetRead(t.Context(), m, true),
	} {
		if !cannot(err) {
			must(t, err, what)
		}
	}
	if r, err := s.Send(t.Context(), connector.Draft{To: []string{in.Server.Mailbox()}, Subject: "not sent"}); !cannot(err) {
		must(t, err, "send")
		same(t, r.DryRun, true, "the receipt says that it was a dry run")
	}
	n, err := s.Clean(t.Context())
	must(t, err, "clean")
	same(t, n, 1, "the number of mails that would be cleaned")
	in.findsNone(t, s, connector.Query{Subject: "not sent", Folder: connector.Anywhere})
	if !slices.Equal(before, in.Snapshot()) {
		t.Errorf("a dry run has changed the mailbox")
	}
	if !slices.Equal(folders, m.Folders) {
		t.Errorf("the message says that it lies in %v", m.Folders)
	}
}

func sendCap(t T, in *Instance) {
	s := in.connect(t, &connector.Options{SendTo: []string{in.Peer}, SendMax: 2})
	test := begin(t, s, connector.Scope{})
	_, err := test.Send(t.Context(), connector.Draft{To: []string{in.Peer}, Subject: "one"})
	if cannot(err) {
		return
	}
	must(t, err, "send")
	_, err = s.Send(t.Context(), connector.Draft{To: []string{in.Peer}, Subject: "two"})
	must(t, err, "send")
	for _, s := range []*connector.Session{s, test, begin(t, test, connector.Scope{})} {
		_, err = s.Send(t.Context(), connector.Draft{To: []string{in.Peer}, Subject: "three"})
		is(t, err, connector.ErrRefused, "sending more than SendMax")
	}
	pass(t, time.Second)
	same(t, len(in.PeerMail()), 2, "the number of mails that came to the peer")
}

func actCap(t T, in *Instance) {
	s := in.connect(t, &connector.Options{ActMax: 2})
	m := in.finds(t, s, in.send("acted on").query())
	if cannot(s.SetRead(t.Context(), m, true)) {
		return
	}
	must(t, s.SetRead(t.Context(), m, false), "mark")
	before := in.Snapshot()
	is(t, s.Trash(t.Context(), m), connector.ErrRefused, "acting more than ActMax")
	if !slices.Equal(before, in.Snapshot()) {
		t.Errorf("what was refused was done all the same")
	}
}

func smuggled(t T, in *Instance) {
	s := in.connect(t, nil)
	self, peer := in.Server.Mailbox(), in.Peer
	_, err := s.Send(t.Context(), connector.Draft{To: []string{self}, Subject: "harmless"})
	if cannot(err) {
		return
	}
	must(t, err, "send")
	for _, to := range []string{
		self + ", " + peer, self + ";" + peer, self + " " + peer, "<" + self + ">, <" + peer + ">", self + "\r\nBcc: " + peer, self + "\x00" + peer,
		"team: " + self + ", " + peer + ";", peer + " <" + peer + ">", self + " (" + peer + ") <" + peer + ">", `"` + self + `" <` + peer + ">",
		"=?utf-8?Q?" + strings.ReplaceAll(self, "@", "=40") + "?= <" + peer + ">", "<" + self + "> <" + peer + ">", self + "<" + peer + ">", "@" + strings.SplitN(peer, "@", 2)[1],
	} {
		for _, d := range []connector.Draft{{To: []string{to}}, {To: []string{self}, Cc: []string{to}}, {To: []string{self}, Bcc: []string{to}}} {
			if _, err := s.Send(t.Context(), d); err == nil {
				t.Errorf("a mail to %q was sent", to)
			}
		}
	}
	for _, d := range []connector.Draft{
		{To: []string{self}, Subject: "x\r\nBcc: " + peer}, {To: []string{self}, Header: map[string]string{"Bcc": peer}}, {To: []string{self}, Header: map[string]string{"X-A": "b\r\nCc: " + peer}},
		{To: []string{self}, Header: map[string]string{"Resent-To": peer}}, {To: []string{self}, Header: map[string]string{"resent-bcc": peer}}, {To: []string{self}, Header: map[string]string{"Apparently-To": peer}},
	} {
		if _, err := s.Send(t.Context(), d); err == nil {
			t.Errorf("a mail with the header %v and the subject %q was sent", d.Header, d.Subject)
		}
	}
	smuggledByMail(t, in, s)
	pass(t, time.Second)
	same(t, len(in.PeerMail()), 0, "the number of mails that came to the peer")
}

// smuggledByMail answers and forwards mails whose own header names the peer, openly and by stealth.
func smuggledByMail(t T, in *Instance, s *connector.Session) {
	self, peer := in.Server.Mailbox(), in.Peer
	for i, c := range []struct {
		header string
		all    bool // only ReplyAll would write to the peer
	}{
		{header: "From: " + peer}, {header: "From: " + self + "\r\nReply-To: " + peer}, {header: "From: " + self + "\r\nReply-To: " + self + ", " + peer},
		{header: "From: " + self + "\r\nReply-To: team: " + self + ", " + peer + ";"}, {header: "From: \"" + self + "\" <" + peer + ">"},
		{header: "From: " + self + "\r\nCc: " + peer, all: true}, {header: "From: " + self + "\r\nTo: " + self + ", " + peer, all: true},
		{header: "From: " + self + "\r\nCc: =?utf-8?Q?" + strings.ReplaceAll(self, "@", "=40") + "?= <" + strings.ToUpper(peer) + ">", all: true},
	} {
		l := in.letter(fmt.Sprint("smuggler ", i))
		in.Deliver([]byte(c.header + "\r\nSubject: " + l.subject + "\r\nMessage-ID: <" + l.id + ">\r\n\r\nHello.\r\n"))
		m := in.finds(t, s, l.query())
		if _, err := s.ReplyAll(t.Context(), m, connector.Draft{Text: "no"}); err == nil {
			t.Errorf("everyone of a mail with %q was answered", c.header)
		}
		if _, err := s.Reply(t.Context(), m, connector.Draft{Text: "no"}); err == nil && !c.all {
			t.Errorf("a mail with %q was answered", c.header)
		}
		if _, err := s.Forward(t.Context(), m, connector.Draft{To: []string{peer}}); err == nil {
			t.Errorf("a mail was forwarded to the peer")
		}
	}
	l := in.letter("line break")
	in.Deliver([]byte("From: " + self + "\r\nSubject: =?utf-8?Q?broken=0D=0ABcc:_" + strings.ReplaceAll(peer, "@", "=40") + "?=\r\nMessage-ID: <" + l.id + ">\r\n\r\nHello.\r\n"))
	m := in.finds(t, s, l.query())
	_, _ = s.Reply(t.Context(), m, connector.Draft{Text: "to myself, and to nobody else"})
	_, _ = s.Forward(t.Context(), m, connector.Draft{To: []string{self}})
}
