package fakegmail

import "strings"

type (
	sendAs struct {
		SendAsEmail        string `json:"sendAsEmail"`
		DisplayName        string `json:"displayName"`
		ReplyToAddress     string `json:"replyToAddress"`
		Signature          string `json:"signature"`
		IsPrimary          bool   `json:"isPrimary,omitempty"`
		IsDefault          bool   `json:"isDefault,omitempty"`
		TreatAsAlias       bool   `json:"treatAsAlias,omitempty"`
		VerificationStatus string `json:"verificationStatus,omitempty"`
	}

	sendAsList struct {
		SendAs []sendAs `json:"sendAs"`
	}

	imapSettings struct {
		Enabled         bool   `json:"enabled"`
		AutoExpunge     bool   `json:"autoExpunge"`
		ExpungeBehavior string `json:"expungeBehavior"`
		MaxFolderSize   int    `json:"maxFolderSize,omitempty"`
	}

	popSettings struct {
		AccessWindow string `json:"accessWindow"`
		Disposition  string `json:"disposition"`
	}

	vacationSettings struct {
		EnableAutoReply bool `json:"enableAutoReply,omitempty"`
	}

	filterList struct{}
)

// sendAs are the addresses that a user may send from: his own and his aliases.
func (b *box) sendAs() []sendAs {
	list := []sendAs{{SendAsEmail: b.m.Address(), IsPrimary: true, IsDefault: true}}
	for _, alias := range b.m.Aliases() {
		list = append(list, sendAs{SendAsEmail: alias, TreatAsAlias: true, VerificationStatus: "accepted"})
	}
	return list
}

// listSendAs is users.settings.sendAs.list.
func listSendAs(c *call) (answer, *apiError) {
	return answer{value: sendAsList{c.box.sendAs()}}, nil
}

// getSendAs is users.settings.sendAs.get.
func getSendAs(c *call) (answer, *apiError) {
	for _, s := range c.box.sendAs() {
		if strings.EqualFold(s.SendAsEmail, c.r.PathValue("id")) {
			return answer{value: s}, nil
		}
	}
	return answer{}, notFound()
}

// getIMAP is users.settings.getImap.
func getIMAP(*call) (answer, *apiError) {
	return answer{value: imapSettings{Enabled: true, AutoExpunge: true, ExpungeBehavior: "archive"}}, nil
}

// getPOP is users.settings.getPop.
func getPOP(*call) (answer, *apiError) {
	return answer{value: popSettings{AccessWindow: "disabled", Disposition: "leaveInInbox"}}, nil
}

// getVacation is users.settings.getVacation.
func getVacation(*call) (answer, *apiError) { return answer{value: vacationSettings{}}, nil }

// listFilters is users.settings.filters.list: there are none.
func listFilters(*call) (answer, *apiError) { return answer{value: filterList{}}, nil }
