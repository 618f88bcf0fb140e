package fakegraph

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// The JSON of requests. encoding/json matches names without regard to case, as the service does.
type (
	inMessage struct {
		Subject                    *string
		Body                       *inBody
		From, Sender               *inRecipient
		ToRecipients               *[]inRecipient
		CcRecipients               *[]inRecipient
		BccRecipients              *[]inRecipient
		ReplyTo                    *[]inRecipient
		Importance                 *string
		IsRead                     *bool
		Categories                 *[]string
		Flag                       *struct{ FlagStatus string }
		InferenceClassification    *string
		IsDeliveryReceiptRequested *bool
		IsReadReceiptRequested     *bool
		InternetMessageID          *string
		InternetMessageHeaders     []struct{ Name, Value string }
		Attachments                []inAttachment
	}
	inBody      struct{ ContentType, Content string }
	inRecipient struct {
		EmailAddress struct{ Name, Address string }
	}

	inAttachment struct {
		Type         string `json:"@odata.type"`
		Name         string
		ContentType  string
		ContentBytes []byte
		ContentID    string
		IsInline     bool
		Item         json.RawMessage
	}
)

func (r inRecipient) address() address {
	return address{r.EmailAddress.Name, strings.TrimSpace(r.EmailAddress.Address)}
}

// apply writes what a message of a request says into a letter.
func (f *Fake) apply(l *letter, in *inMessage) *apiError {
	if in.Subject != nil {
		l.setText("Subject", *in.Subject)
	}
	if in.Body != nil {
		l.html, l.text = strings.EqualFold(in.Body.ContentType, "html"), in.Body.Content
	}
	for name, list := range map[string]*[]inRecipient{"To": in.ToRecipients, "Cc": in.CcRecipients, "Bcc": in.BccRecipients, "Reply-To": in.ReplyTo} {
		if list != nil {
			l.setPeople(name, addresses(*list))
		}
	}
	if in.From != nil {
		l.set("From", in.From.address().String())
	}
	if in.Sender != nil {
		l.set("Sender", in.Sender.address().String())
	}
	if in.InternetMessageID != nil {
		l.set("Message-ID", *in.InternetMessageID)
	}
	l.applyOptions(in)
	if err := f.applyHeaders(l, in); err != nil {
		return err
	}
	for _, a := range in.Attachments {
		file, err := f.file(a)
		if err != nil {
			return err
		}
		l.files = append(l.files, file)
	}
	return nil
}

func addresses(list []inRecipient) []address {
	all := make([]address, len(list))
	for i, r := range list {
		all[i] = r.address()
	}
	return all
}

func (l *letter) applyOptions(in *inMessage) {
	if in.Importance != nil && !strings.EqualFold(*in.Importance, "normal") {
		l.set("Importance", strings.ToLower(*in.Importance))
	}
	self := l.get("From")
	if in.IsReadReceiptRequested != nil && *in.IsReadReceiptRequested {
		l.set("Disposition-Notification-To", self)
	}
	if in.IsDeliveryReceiptRequested != nil && *in.IsDeliveryReceiptRequested {
		l.set("Return-Receipt-To", self)
	}
}

// applyHeaders takes header fields whose name starts with x-, and not many.
func (f *Fake) applyHeaders(l *letter, in *inMessage) *apiError {
	limit := f.o.HeaderLimit
	if limit == 0 {
		limit = 5
	}
	if limit > 0 && len(in.InternetMessageHeaders) > limit {
		return fail(http.StatusBadRequest, "InvalidInternetMessageHeaderCollection",
			"Maximum number of headers in one message should be less than or equal to %d.", limit)
	}
	for _, h := range in.InternetMessageHeaders {
		if !strings.HasPrefix(strings.ToLower(h.Name), "x-") {
			return fail(http.StatusBadRequest, "InvalidInternetMessageHeader",
				"The internet message header name '%s' should start with 'x-' or 'X-'.", h.Name)
		}
		l.setText(h.Name, h.Value)
	}
	return nil
}

// file makes an attachment of what a request says.
func (f *Fake) file(a inAttachment) (letterFile, *apiError) {
	kind := a.Type[strings.LastIndexByte(a.Type, '.')+1:]
	switch {
	case strings.EqualFold(kind, "itemAttachment"):
		var inner inMessage
		if err := decodeJSON(a.Item, &inner); err != nil {
			return letterFile{}, err
		}
		l := newLetter(address{})
		l.set("From", "")
		if err := f.apply(l, &inner); err != nil {
			return letterFile{}, err
		}
		return letterFile{fields: []field{{"Content-Type", "message/rfc822"}, {"Content-Disposition", "attachment"}}, content: l.build()}, nil
	case !strings.EqualFold(kind, "fileAttachment"):
		return letterFile{}, badRequest("The property '@odata.type' of an attachment must be given.")
	case a.Name == "":
		return letterFile{}, fail(http.StatusBadRequest, "ErrorRequiredPropertyMissing", "Required property is missing. Property: Name.")
	}
	return newFile(a.Name, a.ContentType, a.ContentID, a.IsInline, a.ContentBytes), nil
}

// marks changes the keywords that stand for Outlook's own state.
func (in *inMessage) marks(keywords []string) []string {
	if in.Categories != nil {
		keywords = slices.DeleteFunc(keywords, func(k string) bool { return !strings.HasPrefix(k, "$") })
		keywords = append(keywords, *in.Categories...)
	}
	set := func(mark string, on bool) {
		keywords = slices.DeleteFunc(keywords, func(k string) bool { return k == mark })
		if on {
			keywords = append(keywords, mark)
		}
	}
	if in.Flag != nil {
		set(markComplete, strings.EqualFold(in.Flag.FlagStatus, "complete"))
	}
	if in.InferenceClassification != nil {
		set(markOther, strings.EqualFold(*in.InferenceClassification, "other"))
	}
	if in.Importance != nil {
		for _, level := range []string{"low", "normal", "high"} {
			set(markImportance+level, strings.EqualFold(*in.Importance, level))
		}
	}
	return keywords
}
