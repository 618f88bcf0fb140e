package fakegmail

// The answers of the Gmail API. A field without omitempty is written also where it is empty, as
// the service does it; 64-bit numbers are strings.
type (
	profile struct {
		EmailAddress  string `json:"emailAddress"`
		MessagesTotal int    `json:"messagesTotal"`
		ThreadsTotal  int    `json:"threadsTotal"`
		HistoryID     uint64 `json:"historyId,string"`
	}

	message struct {
		ID           string   `json:"id"`
		ThreadID     string   `json:"threadId"`
		LabelIDs     []string `json:"labelIds,omitempty"`
		Snippet      *string  `json:"snippet,omitempty"`
		HistoryID    uint64   `json:"historyId,omitempty,string"`
		InternalDate int64    `json:"internalDate,omitempty,string"`
		SizeEstimate int      `json:"sizeEstimate,omitempty"`
		Payload      *part    `json:"payload,omitempty"`
		Raw          string   `json:"raw,omitempty"`
	}

	part struct {
		PartID   *string  `json:"partId,omitempty"`
		MimeType string   `json:"mimeType"`
		Filename *string  `json:"filename,omitempty"`
		Headers  []header `json:"headers,omitempty"`
		Body     *body    `json:"body,omitempty"`
		Parts    []part   `json:"parts,omitempty"`
	}

	header struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}

	body struct {
		AttachmentID string `json:"attachmentId,omitempty"`
		Size         int    `json:"size"`
		Data         string `json:"data,omitempty"`
	}

	messageList struct {
		Messages           []message `json:"messages,omitempty"`
		NextPageToken      string    `json:"nextPageToken,omitempty"`
		ResultSizeEstimate int       `json:"resultSizeEstimate"`
	}

	historyList struct {
		History       []historyRecord `json:"history,omitempty"`
		NextPageToken string          `json:"nextPageToken,omitempty"`
		HistoryID     uint64          `json:"historyId,string"`
	}

	historyRecord struct {
		ID              uint64          `json:"id,string"`
		Messages        []message       `json:"messages,omitempty"`
		MessagesAdded   []historyChange `json:"messagesAdded,omitempty"`
		MessagesDeleted []historyChange `json:"messagesDeleted,omitempty"`
		LabelsAdded     []historyChange `json:"labelsAdded,omitempty"`
		LabelsRemoved   []historyChange `json:"labelsRemoved,omitempty"`
	}

	historyChange struct {
		Message  message  `json:"message"`
		LabelIDs []string `json:"labelIds,omitempty"`
	}

	thread struct {
		ID        string    `json:"id"`
		Snippet   *string   `json:"snippet,omitempty"`
		HistoryID uint64    `json:"historyId,omitempty,string"`
		Messages  []message `json:"messages,omitempty"`
	}

	threadList struct {
		Threads            []thread `json:"threads,omitempty"`
		NextPageToken      string   `json:"nextPageToken,omitempty"`
		ResultSizeEstimate int      `json:"resultSizeEstimate"`
	}

	draft struct {
		ID      string  `json:"id"`
		Message message `json:"message"`
	}

	draftList struct {
		Drafts             []draft `json:"drafts,omitempty"`
		NextPageToken      string  `json:"nextPageToken,omitempty"`
		ResultSizeEstimate int     `json:"resultSizeEstimate"`
	}

	label struct {
		ID                    string      `json:"id"`
		Name                  string      `json:"name"`
		MessageListVisibility string      `json:"messageListVisibility,omitempty"`
		LabelListVisibility   string      `json:"labelListVisibility,omitempty"`
		Type                  string      `json:"type,omitempty"`
		MessagesTotal         *int        `json:"messagesTotal,omitempty"`
		MessagesUnread        *int        `json:"messagesUnread,omitempty"`
		ThreadsTotal          *int        `json:"threadsTotal,omitempty"`
		ThreadsUnread         *int        `json:"threadsUnread,omitempty"`
		Color                 *labelColor `json:"color,omitempty"`
	}

	labelColor struct {
		TextColor       string `json:"textColor,omitempty"`
		BackgroundColor string `json:"backgroundColor,omitempty"`
	}

	labelList struct {
		Labels []label `json:"labels,omitempty"`
	}
)
