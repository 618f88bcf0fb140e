package connector

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// publicDomains are open to everybody: whoever may be written to there is a stranger.
var publicDomains = []string{"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
	"icloud.com", "me.com", "aol.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.ru", "yandex.ru", "qq.com", "163.com"}

// checkDeny refuses a mailbox that is out of bounds, and entries that name none.
func (s *settings) checkDeny(mailbox string) error {
	for _, a := range s.Deny {
		w, ok := parseAddrWant(a)
		if !ok {
			return configError("connect", mailbox, "Options.Deny: "+quote(a)+" is no address", `write "local@domain", or "@domain" for a whole domain`)
		}
		s.deny = append(s.deny, w)
	}
	if s.denies(mailbox) {
		return &Error{Op: "connect", Mailbox: mailbox, Kind: ErrRefused, Err: fmt.Errorf("Options.Deny forbids %s", quote(mailbox)),
			Remedy: "connect to a mailbox that is for tests"}
	}
	return nil
}

// denies reports whether an address is out of bounds, with a plus-tag or without.
func (s *settings) denies(addr string) bool { return anyOf(s.deny, addr) }

// anyOf reports whether an address, or what is left of it without its plus-tag, is among those wanted.
func anyOf(wanted []addrWant, addr string) bool {
	a := normAddr(addr)
	plain := addrWant{local: untag(a.local), domain: a.domain}
	return slices.ContainsFunc(wanted, func(w addrWant) bool { return w.matches(a) || w.matches(plain) })
}

// checkReach refuses a recipient of Options.SendTo that opens the door to strangers.
func (s *settings) checkReach(mailbox, entry string, w addrWant) error {
	refused := func(why string) error {
		return &Error{Op: "connect", Mailbox: mailbox, Kind: ErrRefused, Err: fmt.Errorf("Options.SendTo: %s %s", quote(entry), why),
			Remedy: "name single addresses, or a domain that is yours"}
	}
	switch {
	case w.local == "" && slices.Contains(publicDomains, w.domain):
		return refused("is a public provider's whole domain")
	case w.local == "" && !strings.Contains(w.domain, ".") && w.domain != "localhost":
		return refused("is a whole top-level domain")
	case slices.ContainsFunc(s.deny, func(d addrWant) bool { return d.matches(w) }):
		return configError("connect", mailbox, "Options.SendTo: "+quote(entry)+" stands in Options.Deny, too", "take it out of one of them")
	}
	return nil
}

// checkCaps refuses limits that cannot be meant, and fills in the defaults.
func (s *settings) checkCaps(mailbox string) error {
	for name, n := range map[string]int{"Wait": int(s.Wait), "CleanMax": s.CleanMax, "SendMax": s.SendMax, "ActMax": s.ActMax} {
		if n < 0 {
			return configError("connect", mailbox, "Options."+name+" is negative", "0 is the default")
		}
	}
	for limit, usual := range map[*int]int{&s.CleanMax: defaultCleanMax, &s.SendMax: defaultSendMax, &s.ActMax: defaultActMax} {
		if *limit == 0 {
			*limit = usual
		}
	}
	if s.DryRun && s.Cleanup {
		return configError("connect", mailbox, "Options.Cleanup does nothing beside Options.DryRun", "set one of them")
	}
	return nil
}

// spent counts what all sessions of a Connect have done.
type spent struct {
	mu          sync.Mutex
	sent, acted int
}

// spend takes one of a limited number.
func (s *spent) spend(used *int, limit int, mailbox, op, field string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *used >= limit {
		return &Error{Op: op, Mailbox: mailbox, Kind: ErrRefused, Err: fmt.Errorf("this run has done it %d times, as often as Options.%s allows", *used, field),
			Remedy: "raise " + field + " if so many are meant"}
	}
	*used++
	return nil
}

// maySend takes one mail of Options.SendMax.
func (s *Session) maySend(op string) error {
	return s.set.spent.spend(&s.set.spent.sent, s.set.SendMax, s.Mailbox(), op, "SendMax")
}

// mayAct takes one change of Options.ActMax.
func (s *Session) mayAct(op string) error {
	return s.set.spent.spend(&s.set.spent.acted, s.set.ActMax, s.Mailbox(), op, "ActMax")
}

// dry reports that nothing is to be done, and logs what would have been.
func (s *Session) dry(op string, about ...any) bool {
	if s.set.DryRun {
		s.set.Log.Info("dry run: not done", append([]any{"op", op, "mailbox", s.Mailbox()}, about...)...)
	}
	return s.set.DryRun
}
