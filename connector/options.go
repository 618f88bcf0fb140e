package connector

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Options change what a session may do; nil and the zero value are the defaults. Each wider reach
// has its own field.
type Options struct {
	// Wait limits a wait whose context has no deadline; zero is 2 minutes.
	Wait time.Duration
	// Folders are watched for arrivals; nil is the Inbox and Junk. [Anywhere] is every folder.
	Folders []Folder
	// SendTo lists who mail may be sent to, as in [Query.To]: addresses, or "@domain" for a whole
	// domain. nil is the mailbox itself, plus-addresses included. A whole domain of a public provider
	// ("@gmail.com") or a top-level domain is [ErrRefused].
	SendTo []string
	// Deny lists mailboxes that are out of bounds, as in SendTo: Connect refuses them before the first
	// request, and no mail goes there whatever SendTo says. Plus-addresses are included.
	Deny []string
	// SendMax is how many mails this session and those begun from it may send; zero is 100. More are
	// [ErrRefused].
	SendMax int
	// ActMax is how many times they may move, trash or mark a mail; zero is 10,000. More are ErrRefused.
	ActMax int
	// DryRun checks everything and does nothing: mails are not sent, moved, trashed or marked, and a
	// claim holds within this process alone. What would have been done is logged at level Info, and
	// [Receipt.DryRun] is set.
	DryRun bool
	// Cleanup lets testhelpers.Begin put what the waits gave into the trash when the test ends.
	Cleanup bool
	// CleanMax is how many mails one Clean may put into the trash; zero is 100. More are refused.
	CleanMax int
	// Foreign lets Move, Trash and SetRead act on mails that no wait gave to this session, such as
	// those of Find.
	Foreign bool
	// Looks is how many looks at the mailbox a wait of 2 minutes may cost on average, if its mails
	// take as long as those of this mailbox do: more find a mail sooner. Zero is 12, at most 1,000.
	// However many tests wait, the mailbox is looked at as for one.
	Looks int
	// Share is the part of the service's quota for this mailbox that this process may use; zero is 1,
	// all of it. Give each of ten CI machines that use the mailbox at the same time 0.1.
	//
	// Sessions that share a feed have the Looks and Share of the first of them.
	Share float64
	// Log gets debug records of looks, obstacles and acts, never a secret and no mail's text; nil
	// is silent.
	Log *slog.Logger
}

// Defaults of Options.
const (
	defaultWait     = 2 * time.Minute
	defaultCleanMax = 100
	defaultSendMax  = 100
	defaultActMax   = 10_000
	maxLooks        = 1000
	minShare        = 0.001
)

// settings are checked Options.
type settings struct {
	Options
	sendTo []addrWant
	deny   []addrWant
	spent  spent
}

// check fills the defaults and refuses what cannot be meant.
func (o *Options) check(mailbox string) (*settings, error) {
	s := &settings{}
	if o != nil {
		s.Options = *o
	}
	if mailbox == "" {
		return nil, configError("connect", "", "the server names no mailbox", `set Address: "local@domain"`)
	}
	if err := s.checkDeny(mailbox); err != nil {
		return nil, err
	}
	if err := s.checkCaps(mailbox); err != nil {
		return nil, err
	}
	s.Wait = cmp.Or(s.Wait, defaultWait)
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Looks < 0 || s.Looks > maxLooks {
		return nil, configError("connect", mailbox, fmt.Sprintf("Options.Looks is %d", s.Looks), fmt.Sprintf("use 1 to %d; 0 is %d", maxLooks, defaultLook))
	}
	if s.Share == 0 {
		s.Share = 1
	}
	if !(s.Share >= minShare && s.Share <= 1) {
		return nil, configError("connect", mailbox, fmt.Sprintf("Options.Share is %v", s.Share), fmt.Sprintf("use %v to 1; 0 is 1", minShare))
	}
	if err := s.checkFolders(mailbox); err != nil {
		return nil, err
	}
	return s, s.checkSendTo(mailbox)
}

func (s *settings) checkFolders(mailbox string) error {
	if s.Folders == nil {
		s.Folders = []Folder{Inbox, Junk}
		return nil
	}
	if len(s.Folders) == 0 {
		return configError("connect", mailbox, "Options.Folders is empty", "leave it nil for Inbox and Junk")
	}
	own := make([]Folder, 0, len(s.Folders))
	for _, f := range s.Folders {
		if f = f.clean(); strings.TrimSpace(string(f)) == "" {
			return configError("connect", mailbox, "Options.Folders has a blank folder", "name it as Session.Folders prints it")
		}
		if !slices.Contains(own, f) {
			own = append(own, f)
		}
	}
	s.Folders = own
	return nil
}

func (s *settings) checkSendTo(mailbox string) error {
	if s.SendTo == nil {
		s.sendTo = []addrWant{normAddr(mailbox)}
		return nil
	}
	if len(s.SendTo) == 0 {
		return configError("connect", mailbox, "Options.SendTo is empty", "leave it nil for the mailbox itself; nothing is sent unless a test sends it")
	}
	for _, a := range s.SendTo {
		w, ok := parseAddrWant(a)
		if !ok {
			return configError("connect", mailbox, "Options.SendTo: "+quote(a)+" is no address", `write "local@domain", or "@domain" for a whole domain`)
		}
		if err := s.checkReach(mailbox, a, w); err != nil {
			return err
		}
		s.sendTo = append(s.sendTo, w)
	}
	return nil
}
