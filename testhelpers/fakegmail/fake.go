package fakegmail

import (
	"net/http"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const gmailService = "gmail.googleapis.com"

// Fake is Google for one store of mailboxes. It is safe for concurrent use; [New] makes one. Its
// front counts requests by kind and makes them fail on demand; the package documentation lists the
// kinds.
type Fake struct {
	fakehttp.Front

	store *mailstore.Store
	opts  Options
	mux   *http.ServeMux
	kinds map[string]string // by pattern
	door  http.Handler

	mu          sync.Mutex // held for moments; never together with a box's lock inside it
	accounts    map[string]*account
	delegations map[delegationKey]delegation
	users       map[string]UserState
	forbidden   map[string]bool // domains
	disabled    map[string]bool // project/service
	signers     map[[2]string]bool
	people      people
	tokens      map[string]*grant
	boxes       map[string]*box
	uploads     map[string]*session
	meters      map[string]*meter
	received    map[string][]time.Time
	deferred    []delivery
	daily       int
	dailyUntil  time.Time
}

// New makes Google for the mailboxes of a store: each is a user of Gmail by its own address. Nil
// options are the defaults.
func New(store *mailstore.Store, o *Options) *Fake {
	if o == nil {
		o = &Options{}
	}
	f := &Fake{
		store:       store,
		opts:        *o,
		mux:         http.NewServeMux(),
		kinds:       map[string]string{},
		accounts:    map[string]*account{},
		delegations: map[delegationKey]delegation{},
		users:       map[string]UserState{},
		forbidden:   map[string]bool{},
		disabled:    map[string]bool{},
		signers:     map[[2]string]bool{},
		people:      people{apps: map[string]DesktopApp{}, codes: map[string]*signIn{}, refresh: map[string]*signIn{}},
		tokens:      map[string]*grant{},
		boxes:       map[string]*box{},
		uploads:     map[string]*session{},
		meters:      map[string]*meter{},
		received:    map[string][]time.Time{},
	}
	f.routes()
	f.door = f.Front.Wrap(http.HandlerFunc(f.serve), f.kindOf)
	return f
}

// box gives what the fake keeps of a user's mailbox.
func (f *Fake) box(address string) (*box, *apiError) {
	m, ok := f.store.Mailbox(address)
	if !ok {
		return nil, precondition("Mail service not enabled")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.boxes[m.Address()]
	if b == nil || b.m != m {
		b = newBox(m, &f.opts)
		f.boxes[m.Address()] = b
	}
	return b, nil
}

// ExpireHistory makes all history ids that are out too old: history.list answers 404 to them. The
// mailboxes' own ids jump ahead, so that a new one is good.
func (f *Fake) ExpireHistory() {
	for _, m := range f.store.Mailboxes() {
		b, refusal := f.box(m.Address())
		if refusal != nil {
			continue
		}
		b.mu.Lock()
		b.sync()
		b.forget()
		b.mu.Unlock()
	}
}

// origin is the scheme and host by which a request came.
func origin(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}
