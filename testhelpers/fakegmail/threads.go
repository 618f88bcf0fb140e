package fakegmail

// listThreads is users.threads.list: a thread stands where its newest mail of the selection
// stands.
func listThreads(c *call) (answer, *apiError) {
	s, refusal := c.selection()
	if refusal != nil {
		return answer{}, refusal
	}
	pages := c.pager("q", "labelIds", "includeSpamTrash")
	from, refusal := pages.position(0, 0)
	if refusal != nil {
		return answer{}, refusal
	}
	var out threadList
	seen := c.box.newerThreads(&s, from)
	var last *entry
	c.box.newest(&s, from, func(e *entry) bool {
		if seen[e.thread] {
			return true
		}
		if len(out.Threads) == s.limit {
			out.NextPageToken = pages.token(place64(last))
			return false
		}
		seen[e.thread], last = true, e
		out.Threads = append(out.Threads, c.box.thread(e.thread))
		return true
	})
	out.ResultSizeEstimate = estimate(len(out.Threads))
	return answer{value: out}, nil
}

// newerThreads are the threads that pages before this one showed.
func (b *box) newerThreads(s *selection, from [2]uint64) map[string]bool {
	seen := map[string]bool{}
	if from == [2]uint64{} {
		return seen
	}
	b.newest(s, [2]uint64{}, func(e *entry) bool {
		at, key := place64(e)
		if at < from[0] || at == from[0] && key < from[1] {
			return false
		}
		seen[e.thread] = true
		return true
	})
	return seen
}

// thread is a thread as the list shows it: with the words of its latest mail.
func (b *box) thread(id string) thread {
	list := b.threads[id]
	out := thread{ID: id}
	for _, e := range list {
		out.HistoryID = max(out.HistoryID, e.history)
	}
	if m, ok := b.m.Get(list[len(list)-1].key); ok {
		snippet := parseMail(m.Raw, "", 0, "text/plain").snippet()
		out.Snippet = &snippet
	}
	return out
}

// threadOf finds the thread of the path.
func (c *call) threadOf() ([]*entry, *apiError) {
	id := c.r.PathValue("id")
	if !idForm.MatchString(id) {
		return nil, invalid("Invalid id value")
	}
	list := c.box.threads[id]
	if len(list) == 0 {
		return nil, notFound()
	}
	return append([]*entry(nil), list...), nil
}

// getThread is users.threads.get; there is no raw format.
func getThread(c *call) (answer, *apiError) {
	format := c.query.Get("format")
	if refusal := c.metadataOnly(format); refusal != nil {
		return answer{}, refusal
	}
	list, refusal := c.threadOf()
	if refusal != nil {
		return answer{}, refusal
	}
	if format == "raw" {
		return answer{}, badValue("format", "type.googleapis.com/gmail.api.v1.GetThreadRequest.Format", format)
	}
	out := thread{ID: c.r.PathValue("id")}
	for _, e := range list {
		_, m, refusal := c.box.get(e.id)
		if refusal != nil {
			continue
		}
		shown, _, refusal := c.box.render(e, m, format, c.query["metadataHeaders"])
		if refusal != nil {
			return answer{}, refusal
		}
		out.HistoryID = max(out.HistoryID, e.history)
		out.Messages = append(out.Messages, shown)
	}
	return answer{value: out}, nil
}

// modifyThread is users.threads.modify.
func modifyThread(c *call) (answer, *apiError) {
	var ch labelChange
	if refusal := c.decode(&ch); refusal != nil {
		return answer{}, refusal
	}
	if refusal := c.box.check(ch); refusal != nil {
		return answer{}, refusal
	}
	return c.relabelThread(ch)
}

func (c *call) relabelThread(ch labelChange) (answer, *apiError) {
	list, refusal := c.threadOf()
	if refusal != nil {
		return answer{}, refusal
	}
	out := thread{ID: c.r.PathValue("id")}
	for _, e := range list {
		m, refusal := c.box.changeLabels(e, ch)
		if refusal == nil {
			out.Messages = append(out.Messages, m)
		}
	}
	return answer{value: out}, nil
}

// trashThread is users.threads.trash.
func trashThread(c *call) (answer, *apiError) { return c.relabelThread(trashing()) }

// untrashThread is users.threads.untrash.
func untrashThread(c *call) (answer, *apiError) { return c.relabelThread(c.box.untrashing()) }

// deleteThread is users.threads.delete: all its mails, for good.
func deleteThread(c *call) (answer, *apiError) {
	list, refusal := c.threadOf()
	if refusal != nil {
		return answer{}, refusal
	}
	for _, e := range list {
		c.box.delete(e)
	}
	return answer{}, nil
}
