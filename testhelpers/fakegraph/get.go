package fakegraph

import (
	"bytes"
	"net/http"
	"slices"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// message finds the message that an id names. The id of another mailbox, of a mail that moved or
// of one that is gone is a 404, what is no id at all a 400.
func (c *call) message(id string) (mailstore.Message, *apiError) {
	parsed, valid := parseMessageID(id)
	if !valid {
		return mailstore.Message{}, malformedID()
	}
	m, found := c.box.Get(parsed.key)
	switch {
	case !found, parsed.mailbox != c.guid:
		return m, notFound()
	case !parsed.immutable && (parsed.folder != hash64(m.Folder) || parsed.uid != m.UID):
		return m, notFound()
	case m.Folder == purges:
		return m, notFound()
	}
	return m, nil
}

// target is the message in the path.
func (c *call) target() (mailstore.Message, *apiError) {
	if _, err := c.scope(); err != nil {
		return mailstore.Message{}, err
	}
	return c.message(c.route.args[0])
}

// getMessage is GET /messages/{id}.
func (c *call) getMessage() (*reply, *apiError) {
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	return c.single(m, &q, http.StatusOK), nil
}

// single answers with one message.
func (c *call) single(m mailstore.Message, q *query, status int) *reply {
	context := c.listContext(q) + "/$entity"
	o := append(object{{"@odata.context", c.context(context)}}, c.render(c.view(m), q)...)
	header := http.Header{"Etag": {etag(m)}}
	return &reply{status: status, body: o, header: header}
}

// whole is the query of an answer that no $select narrows.
var whole = query{top: -1, skip: -1}

// messageValue is GET /messages/{id}/$value: the MIME content.
func (c *call) messageValue() (*reply, *apiError) {
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	v := c.view(m)
	switch {
	case v.d.isSMIME() && !c.f.o.ConvertSMIME:
		return nil, known("ErrorMimeContentConversionFailed")
	case c.f.o.Regenerate:
		return mimeReply(v.regenerate()), nil
	}
	return mimeReply(m.Raw), nil
}

func mimeReply(raw []byte) *reply {
	return &reply{raw: bytes.NewReader(raw), rawType: "text/plain"}
}

// modified is when a message last changed by way of the fake, else when it came.
func (f *Fake) modified(m mailstore.Message) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t, ok := f.changed[m.Key]; ok {
		return t
	}
	return m.Received
}

func (f *Fake) touch(key uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed[key] = time.Now()
}

func (f *Fake) references(key uint64) []Reference {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.linked[key])
}
