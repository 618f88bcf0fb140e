package fakegmail

import (
	"slices"
	"strings"
	"time"
)

// UserState says what the directory of the domain knows of an address.
type UserState int

// The states of a user.
const (
	UserActive      UserState = iota // what each mailbox of the store is at first
	UserWithoutMail                  // Gmail is off, or no licence: "Mail service not enabled"
	UserSuspended                    // "Account restricted" [2]
	UserDeleted                      // "The account has been deleted"
	UserUnknown                      // "Invalid email or User ID", though the store has the mailbox
)

// SetUser sets the state of a user, who needs no mailbox in the store for it.
func (f *Fake) SetUser(address string, state UserState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users[strings.ToLower(address)] = state
}

// delegation is one line of a domain's table: which client may have which scopes, from when on.
type delegation struct {
	scopes []string
	from   time.Time
}

type delegationKey struct{ domain, client string }

// Delegate writes a line of the domain-wide delegation table, as an administrator does it in the
// Admin console: it replaces the line of this client. No scope at all takes the line away. It works
// after Options.Propagation.
func (f *Fake) Delegate(domain, clientID string, scopes ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := delegationKey{strings.ToLower(domain), clientID}
	if len(scopes) == 0 {
		delete(f.delegations, key)
		return
	}
	f.delegations[key] = delegation{slices.Clone(scopes), time.Now().Add(f.opts.Propagation)}
}

// delegated reports whether each scope is in the table, letter by letter: a wider scope does not
// stand for a narrower one.
func (f *Fake) delegated(domain, clientID string, scopes []string) bool {
	if domain == "gmail.com" || domain == "googlemail.com" { // consumers have no administrator
		return false
	}
	line, ok := f.delegations[delegationKey{domain, clientID}]
	if !ok || time.Now().Before(line.from) {
		return false
	}
	return !slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(line.scopes, s) })
}

// state looks a user up; an address that neither the table nor the store knows is UserUnknown.
func (f *Fake) state(address string) UserState {
	if state, ok := f.users[address]; ok {
		return state
	}
	m, ok := f.store.Mailbox(address)
	if !ok || !strings.EqualFold(m.Address(), address) {
		return UserUnknown
	}
	return UserActive
}

// ForbidApps makes a domain refuse third-party apps, or take them again: 403 domainPolicy.
func (f *Fake) ForbidApps(domain string, forbid bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forbidden[strings.ToLower(domain)] = forbid
}

// EnableAPI switches an API of a project, "gmail.googleapis.com" or
// "iamcredentials.googleapis.com". Both are on at first.
func (f *Fake) EnableAPI(project, service string, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.disabled[project+"/"+service] = !on
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}
