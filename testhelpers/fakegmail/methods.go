package fakegmail

// Parameters that several methods share.
var (
	listParams   = []string{"q", "labelIds", "includeSpamTrash", "maxResults", "pageToken"}
	getParams    = []string{"format", "metadataHeaders"}
	insertParams = []string{"internalDateSource", "deleted"}
	importParams = []string{"internalDateSource", "deleted", "neverMarkSpam", "processForCalendar"}
)

// oldUnits are the prices that were others before May 2026.
var oldUnits = map[string]int{"get": 5, "attachment": 5, "draft": 5, "trash": 5, "thread": 10}

// methods is the API: what the discovery document of October 2026 says of paths, scopes and
// parameters, with the prices of the quota table of May 2026
// (https://developers.google.com/workspace/gmail/api/reference/quota).
func methods() []method {
	return append(append(messageMethods(), threadMethods()...), settingMethods()...)
}

func messageMethods() []method {
	return []method{
		{"profile", "GET", "/profile", "GetProfile", 1, scopesProfile, nil, 0, getProfile},
		{"history", "GET", "/history", "ListHistory", 2, scopesMeta,
			[]string{"startHistoryId", "historyTypes", "labelId", "maxResults", "pageToken"}, 0, listHistory},
		{"watch", "POST", "/watch", "Watch", 100, scopesMeta, nil, 0, stopped},
		{"stop", "POST", "/stop", "Stop", 50, scopesMeta, nil, 0, stopped},

		{"list", "GET", "/messages", "ListMessages", 5, scopesMeta, listParams, 0, listMessages},
		{"get", "GET", "/messages/{id}", "GetMessage", 20, scopesMeta, getParams, 0, getMessage},
		{"attachment", "GET", "/messages/{message}/attachments/{id}", "GetAttachment", 20, scopesRead, nil, 0, getAttachment},
		{"send", "POST", "/messages/send", "SendMessage", 100, scopesSend, nil, largestSend, sendMessage},
		{"insert", "POST", "/messages", "InsertMessage", 25, scopesInsert, insertParams, largestInsert, insertMessage},
		{"import", "POST", "/messages/import", "ImportMessage", 25, scopesInsert, importParams, largestInsert, importMessage},
		{"modify", "POST", "/messages/{id}/modify", "ModifyMessage", 5, scopesModify, nil, 0, modifyMessage},
		{"batchmodify", "POST", "/messages/batchModify", "BatchModifyMessages", 50, scopesModify, nil, 0, batchModify},
		{"trash", "POST", "/messages/{id}/trash", "TrashMessage", 20, scopesModify, nil, 0, trashMessage},
		{"untrash", "POST", "/messages/{id}/untrash", "UntrashMessage", 5, scopesModify, nil, 0, untrashMessage},
		{"delete", "DELETE", "/messages/{id}", "DeleteMessage", 10, scopesFull, nil, 0, deleteMessage},
		{"batchdelete", "POST", "/messages/batchDelete", "BatchDeleteMessages", 50, scopesFull, nil, 0, batchDelete},
	}
}

func threadMethods() []method {
	return []method{
		{"threads", "GET", "/threads", "ListThreads", 10, scopesMeta, listParams, 0, listThreads},
		{"thread", "GET", "/threads/{id}", "GetThread", 40, scopesMeta, getParams, 0, getThread},
		{"threadmodify", "POST", "/threads/{id}/modify", "ModifyThread", 10, scopesModify, nil, 0, modifyThread},
		{"threadtrash", "POST", "/threads/{id}/trash", "TrashThread", 20, scopesModify, nil, 0, trashThread},
		{"threaduntrash", "POST", "/threads/{id}/untrash", "UntrashThread", 10, scopesModify, nil, 0, untrashThread},
		{"threaddelete", "DELETE", "/threads/{id}", "DeleteThread", 20, scopesFull, nil, 0, deleteThread},

		{"drafts", "GET", "/drafts", "ListDrafts", 5, scopesDraft,
			[]string{"q", "includeSpamTrash", "maxResults", "pageToken"}, 0, listDrafts},
		{"draft", "GET", "/drafts/{id}", "GetDraft", 20, scopesDraft, []string{"format"}, 0, getDraft},
		{"draftcreate", "POST", "/drafts", "CreateDraft", 10, scopesCompose, nil, largestSend, createDraft},
		{"draftupdate", "PUT", "/drafts/{id}", "UpdateDraft", 15, scopesCompose, nil, largestSend, updateDraft},
		{"draftsend", "POST", "/drafts/send", "SendDraft", 100, scopesCompose, nil, largestSend, sendDraft},
		{"draftdelete", "DELETE", "/drafts/{id}", "DeleteDraft", 10, scopesCompose, nil, 0, deleteDraft},
	}
}

func settingMethods() []method {
	return []method{
		{"labels", "GET", "/labels", "ListLabels", 1, scopesLabelGet, nil, 0, listLabels},
		{"label", "GET", "/labels/{id}", "GetLabel", 1, scopesLabelGet, nil, 0, getLabel},
		{"labelcreate", "POST", "/labels", "CreateLabel", 5, scopesLabels, nil, 0, createLabel},
		{"labelupdate", "PUT", "/labels/{id}", "UpdateLabel", 5, scopesLabels, nil, 0, updateLabel},
		{"labelupdate", "PATCH", "/labels/{id}", "PatchLabel", 5, scopesLabels, nil, 0, updateLabel},
		{"labeldelete", "DELETE", "/labels/{id}", "DeleteLabel", 5, scopesLabels, nil, 0, deleteLabel},

		{"settings", "GET", "/settings/sendAs", "ListSendAs", 1, scopesSettings, nil, 0, listSendAs},
		{"settings", "GET", "/settings/sendAs/{id}", "GetSendAs", 1, scopesSettings, nil, 0, getSendAs},
		{"settings", "GET", "/settings/imap", "GetImap", 1, scopesSettings, nil, 0, getIMAP},
		{"settings", "GET", "/settings/pop", "GetPop", 1, scopesSettings, nil, 0, getPOP},
		{"settings", "GET", "/settings/vacation", "GetVacation", 1, scopesSettings, nil, 0, getVacation},
		{"settings", "GET", "/settings/filters", "ListFilters", 1, scopesSettings, nil, 0, listFilters},
	}
}
