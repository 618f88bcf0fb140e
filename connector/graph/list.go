package graph

import (
	"context"
	"net/http"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/rebuild"
)

// What a list is asked for. The transport header costs no request more, and a query for any field
// of it is then decided without opening the mail.
var (
	placeFields = []string{"id", "receivedDateTime", "parentFolderId", "isDraft"}
	headFields  = []string{"id", "receivedDateTime", "parentFolderId", "isDraft", "from", "sender", "toRecipients", "ccRecipients",
		"bccRecipients", "replyTo", "subject", "internetMessageId", "sentDateTime", "internetMessageHeaders"}
)

// pageSize is how many mails a page is asked for; smallest is what is left of it where the service
// runs out of time.
const (
	pageSize = 500
	smallest = 25
)

// query is a list of messages. Its filter names first what its order names, as Graph demands.
type query struct {
	folder string // id; "" is the whole mailbox
	filter string
	order  string
	fields []string
	top    int32
}

// page is a part of a list.
type page struct {
	mails []models.Messageable
	next  string // where it goes on; "" is the end
	date  time.Time
}

// read asks for the first page of a query, or for what a link leads to, as it is.
func (b *backend) read(ctx context.Context, op string, q query, next string) (p page, err error) {
	var got models.MessageCollectionResponseable
	p.date, err = b.call(ctx, op, faults.Mailbox, func(ctx context.Context) (err error) {
		got, err = b.ask(ctx, q, next)
		if err == nil && got == nil {
			err = errNothing
		}
		return err
	})
	if err != nil {
		b.shrink(err)
		return p, err
	}
	p.mails, p.next = got.GetValue(), text(got.GetOdataNextLink())
	return p, b.within(op, got.GetAdditionalData())
}

func (b *backend) ask(ctx context.Context, q query, next string) (models.MessageCollectionResponseable, error) {
	if next != "" {
		return users.NewItemMessagesRequestBuilder(next, b.adapter).Get(ctx, &users.ItemMessagesRequestBuilderGetRequestConfiguration{Headers: prefer()})
	}
	if q.folder == "" {
		return b.user.Messages().Get(ctx, &users.ItemMessagesRequestBuilderGetRequestConfiguration{Headers: prefer(),
			QueryParameters: &users.ItemMessagesRequestBuilderGetQueryParameters{Filter: &q.filter, Orderby: []string{q.order}, Select: q.fields, Top: &q.top}})
	}
	return b.user.MailFolders().ByMailFolderId(q.folder).Messages().Get(ctx, &users.ItemMailFoldersItemMessagesRequestBuilderGetRequestConfiguration{Headers: prefer(),
		QueryParameters: &users.ItemMailFoldersItemMessagesRequestBuilderGetQueryParameters{Filter: &q.filter, Orderby: []string{q.order}, Select: q.fields, Top: &q.top}})
}

// shrink asks for smaller pages after one that the service could not make in time.
func (b *backend) shrink(err error) {
	if faults.Status(err) == http.StatusGatewayTimeout {
		b.page.Store(max(b.page.Load()/2, smallest))
	}
}

// within finds an error object in an answer that said success.
func (b *backend) within(op string, data map[string]any) error {
	raw, ok := data["error"]
	if !ok {
		return nil
	}
	return b.server.typed(op, faults.Within(member(raw, "code"), member(raw, "message"), faults.Mailbox))
}

// member reads a string out of what the SDK did not expect.
func member(v any, name string) string {
	switch m := v.(type) {
	case map[string]any:
		return word(m[name])
	case map[string]*any:
		if p := m[name]; p != nil {
			return word(*p)
		}
	case *any:
		if m != nil {
			return member(*m, name)
		}
	}
	return ""
}

func word(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case *string:
		return text(s)
	}
	return ""
}

// item is a mail as a list shows it.
type item struct {
	models.Messageable
	id, folder string
	received   time.Time
}

// newItem reads a mail of a list; false if it is none: a draft, or an item without an id.
func (b *backend) newItem(op string, m models.Messageable) (item, bool, error) {
	if err := b.within(op, m.GetAdditionalData()); err != nil {
		return item{}, false, err
	}
	it := item{Messageable: m, id: text(m.GetId()), folder: text(m.GetParentFolderId())}
	if t := m.GetReceivedDateTime(); t != nil {
		it.received = t.UTC()
	}
	draft := m.GetIsDraft() != nil && *m.GetIsDraft()
	return it, it.id != "" && !draft, nil
}

// envelope is what the list told.
func (it item) envelope(folder connector.Folder) connector.Envelope {
	return connector.Envelope{ID: it.id, Folders: []connector.Folder{folder}, Received: it.received, Head: fields(it.Messageable).Head()}
}

// fields are what Graph tells about a mail.
func fields(m models.Messageable) *rebuild.Mail {
	out := &rebuild.Mail{
		From: person(m.GetFrom()), Sender: person(m.GetSender()),
		To: people(m.GetToRecipients()), Cc: people(m.GetCcRecipients()), Bcc: people(m.GetBccRecipients()), ReplyTo: people(m.GetReplyTo()),
		Subject: text(m.GetSubject()), MessageID: text(m.GetInternetMessageId()),
	}
	if t := m.GetSentDateTime(); t != nil {
		out.Date = *t
	}
	for _, h := range m.GetInternetMessageHeaders() {
		out.Header = append(out.Header, rebuild.Field{Name: text(h.GetName()), Value: text(h.GetValue())})
	}
	return out
}

func person(r models.Recipientable) rebuild.Address {
	if r == nil || r.GetEmailAddress() == nil {
		return rebuild.Address{}
	}
	return rebuild.Address{Name: text(r.GetEmailAddress().GetName()), Addr: text(r.GetEmailAddress().GetAddress())}
}

func people(rs []models.Recipientable) []rebuild.Address {
	var out []rebuild.Address
	for _, r := range rs {
		out = append(out, person(r))
	}
	return out
}
