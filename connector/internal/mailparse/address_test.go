package mailparse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw, defect string
		want        []Address
	}{
		{"", "", nil},
		{"a@example.com", "", []Address{{"", "a@example.com"}}},
		{"<a@example.com>", "", []Address{{"", "a@example.com"}}},
		{"Ann Lee <a@example.com>", "", []Address{{"Ann Lee", "a@example.com"}}},
		{`"Lee, Ann" <a@example.com>, b@example.com`, "", []Address{{"Lee, Ann", "a@example.com"}, {"", "b@example.com"}}},
		{`"Ann \"A\" Lee" <a@example.com>`, "", []Address{{`Ann "A" Lee`, "a@example.com"}}},
		{"a@example.com (Ann (A) Lee)", "", []Address{{"Ann (A) Lee", "a@example.com"}}},
		{"=?utf-8?Q?Zo=C3=AB?= <z@example.com>", "", []Address{{"Zoë", "z@example.com"}}},
		{"=?utf-8?Q?Lee,_Ann?= <a@example.com>", "", []Address{{"Lee, Ann", "a@example.com"}}},
		{`"=?utf-8?B?Wm/Dqw==?=" <z@example.com>`, "", []Address{{"Zoë", "z@example.com"}}},
		{"Zoë <z@bücher.example>", "", []Address{{"Zoë", "z@bücher.example"}}},
		{"Zo\xeb <z@example.com>", "", []Address{{"Zoë", "z@example.com"}}},
		{"Team: a@example.com, B <b@example.com>;, c@example.com", "", []Address{{"", "a@example.com"}, {"B", "b@example.com"}, {"", "c@example.com"}}},
		{"undisclosed-recipients:;", "", nil},
		{`"john doe"@example.com`, "", []Address{{"", `"john doe"@example.com`}}},
		{"<@relay.example,@b.example:a@example.com>", "", []Address{{"", "a@example.com"}}},
		{"a @ example.com", "", []Address{{"", "a@example.com"}}},
		{"Ann\r\n\t<a@example.com>,\r\n b@example.com", "", []Address{{"Ann", "a@example.com"}, {"", "b@example.com"}}},
		{"root", "", []Address{{"", "root"}}},
		{"MAILER-DAEMON (Mail System)", "", []Address{{"Mail System", "MAILER-DAEMON"}}},
		{"<>", "", nil},
		{"mailto:a@example.com", "", []Address{{"", "a@example.com"}}},
		{"a@[192.0.2.1]", "", []Address{{"", "a@[192.0.2.1]"}}},
		{"Lee, Ann <a@example.com>", "comma", []Address{{"Lee, Ann", "a@example.com"}}},
		{"Ann <a@example.com", "bracket", []Address{{"Ann", "a@example.com"}}},
		{"Ann <a@example.com, Bob <b@example.com>", "bracket", []Address{{"Ann", "a@example.com"}, {"Bob", "b@example.com"}}},
		{"<<a@example.com>>", "", []Address{{"", "a@example.com"}}},
		{"Ann Lee a@example.com", "without brackets", []Address{{"Ann Lee", "a@example.com"}}},
		{"a@example.com; b@example.com", "", []Address{{"", "a@example.com"}, {"", "b@example.com"}}},
		{"undisclosed recipients", "without an address", []Address{{"undisclosed recipients", ""}}},
		{`"Ann <a@example.com>`, "without its end", []Address{{"Ann", "a@example.com"}}},
		{"Ann (A <a@example.com>", "comment", []Address{{"Ann (A", "a@example.com"}}},
		{"=?utf-8?Q?Ann_<a@example.com>?=", "inside an encoded word", []Address{{"Ann", "a@example.com"}}},
		{", ,a@example.com,,", "", []Address{{"", "a@example.com"}}},
	} {
		got, defects := Addresses(c.raw)
		assert.Equal(t, c.want, got, c.raw)
		if c.defect == "" {
			assert.Empty(t, defects, c.raw)
		} else {
			assert.Contains(t, fmt.Sprint(defects), c.defect, c.raw)
		}
	}
}

func TestAddressesLimit(t *testing.T) {
	t.Parallel()
	got, defects := Addresses(strings.Repeat("a@example.com,", maxAddresses+5))
	assert.Len(t, got, maxAddresses)
	assert.Contains(t, fmt.Sprint(defects), "more addresses")
}
