package fakegraph

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// kept are the fields that Exchange takes over into the MIME that it writes from its own
// properties, in its order; the others follow, those of the body apart.
var kept = []string{"From", "Sender", "To", "Cc", "Reply-To", "Subject"}

// regenerate writes the mail as Exchange does for most mail: what it says is kept, the bytes are
// not. Boundaries and transfer encodings are new, all text is UTF-8, and X-MS-* fields are added.
// A DKIM signature stays, and does not verify any more.
func (v *view) regenerate() []byte {
	l := letterOf(v.d)
	fields := l.fields
	l.fields = nil
	var trace []field
	for _, f := range fields {
		if isTrace(f.name) {
			trace = append(trace, f)
		}
	}
	l.fields = append(l.fields, trace...)
	for _, name := range kept {
		for _, f := range fields {
			if strings.EqualFold(f.name, name) {
				l.fields = append(l.fields, field{name, f.value})
			}
		}
	}
	l.set("Thread-Topic", strings.TrimSpace(v.d.get("Subject")))
	l.set("Date", v.sent().Format(time.RFC1123Z))
	l.set("Message-ID", v.messageID())
	l.fields = append(l.fields, others(fields, l)...)
	l.fields = append(l.fields, v.exchangeFields()...)
	if v.d.get("Content-Type") != "" || v.d.html != nil || len(l.files) > 0 {
		return l.build()
	}
	return l.plainOnly()
}

// plainOnly is a mail that never was MIME: it becomes one.
func (l *letter) plainOnly() []byte {
	var b bytes.Buffer
	for _, f := range l.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.name, fold(f.value))
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	b.Write(textEntity("text/plain", l.text))
	return b.Bytes()
}

func isTrace(name string) bool {
	return strings.EqualFold(name, "Received") || strings.EqualFold(name, "Return-Path") || strings.EqualFold(name, "Delivered-To")
}

// others are the fields that are not in the letter yet.
func others(fields []field, l *letter) (rest []field) {
	for _, f := range fields {
		if !isTrace(f.name) && l.get(f.name) == "" {
			rest = append(rest, f)
		}
	}
	return rest
}

func (v *view) exchangeFields() []field {
	has := ""
	if v.d.hasAttachments() {
		has = "yes"
	}
	return []field{
		{"X-MS-Has-Attach", has},
		{"X-MS-Exchange-Organization-SCL", "-1"},
		{"X-MS-Exchange-Organization-Network-Message-Id", guid("network:" + v.messageID())},
		{"X-MS-TNEF-Correlator", ""},
		{"X-MS-Exchange-Organization-RecordReviewCfmType", "0"},
	}
}
