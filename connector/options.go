package connector

import (
	"fmt"
	"log/slog"
	"slices"
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
	// domain. nil is the mailbox itself, plus-addresses included.
	SendTo []string
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
	maxLooks        = 1000
	minShare        = 0.001
)

// settings are checked Options.
type settings struct {
	Options
	sendTo []addrWant
}

// check fills the defaults and refuses what cannot be meant.
func (o *Options) check(mailbox string) (*settings, error) {
	s := &settings{}
	if o != nil {
		s.Options = *o
	}
	if s.Wait < 0 || s.CleanMax < 0 {
		return nil, configError("connect", mailbox, "Options.Wait and Options.CleanMax must not be negative", "0 is the default")
	}
	if s.Wait == 0 {
		s.Wait = defaultWait
	}
	if s.CleanMax == 0 {
		s.CleanMax = defaultCleanMax
	}
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
		if f = f.clean(); f == "" {
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
	for _, a := range s.SendTo {
		w, ok := parseAddrWant(a)
		if !ok {
			return configError("connect", mailbox, "Options.SendTo: "+quote(a)+" is no address", `write "local@domain", or "@domain" for a whole domain`)
		}
		s.sendTo = append(s.sendTo, w)
	}
	return nil
}

// maySendTo reports whether mail may go to the address. The mailbox itself includes its
// plus-addresses.
func (s *settings) maySendTo(addr string) bool {
	a := normAddr(addr)
	plain := addrWant{local: untag(a.local), domain: a.domain}
	return slices.ContainsFunc(s.sendTo, func(w addrWant) bool { return w.matches(a) || w.matches(plain) })
}
