package mailstore_test

import (
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// letter makes one with a subject alone.
func letter(subject string) []byte { return []byte("Subject: " + subject + "\r\n\r\n") }

// subject finds it again.
func subject(m mailstore.Message) string {
	_, rest, _ := strings.Cut(string(m.Raw), "Subject: ")
	line, _, _ := strings.Cut(rest, "\r\n")
	return line
}

func ExampleStore_Add() {
	store := mailstore.New()
	store.Add("qa@example.com", "orders@example.com")
	store.Add("ada@example.com")

	box, ok := store.Mailbox("Orders+7@example.com") // an alias, with a plus-tag
	fmt.Println(box.Address(), box.Aliases(), ok)

	store.Remove("orders@example.com")
	for _, box := range store.Mailboxes() {
		fmt.Println(box.Address())
	}
	// Output:
	// qa@example.com [orders@example.com] true
	// ada@example.com
}

// A mail from outside: every mailbox gets one copy, and who is unknown is told to the sender.
func ExampleStore_Relay() {
	store := mailstore.New()
	qa := store.Add("qa@example.com", "orders@example.com")
	unknown := store.Relay("shop@contoso.example", []string{"qa@example.com", "orders@example.com", "nobody@example.com"}, letter("Order 7"))
	fmt.Println(len(qa.List(mailstore.Inbox)), unknown)
	// Output: 1 [nobody@example.com]
}

// What a mail server writes in front of a mail stands there, unless NoTrace is set.
func ExampleMailbox_Deliver() {
	box := mailstore.New().Add("qa@example.com")
	m := box.Deliver(letter("Order 7"), mailstore.Delivery{From: "shop@contoso.example", Rcpt: "qa+7@example.com"})
	fmt.Println(m.Folder, m.Seen, strings.Contains(string(m.Raw), "Delivered-To: qa+7@example.com\r\n"))

	m = box.Deliver(letter("Order 8"), mailstore.Delivery{Folder: mailstore.Junk, Seen: true, Keywords: []string{"orders"}, NoTrace: true})
	fmt.Printf("%s %v %v %q\n", m.Folder, m.Seen, m.Keywords, m.Raw)
	// Output:
	// Inbox false true
	// Junk true [orders] "Subject: Order 8\r\n\r\n"
}

// A junk filter.
func ExampleMailbox_Route() {
	box := mailstore.New().Add("qa@example.com")
	box.Route(func(m mailstore.Message) string {
		if strings.Contains(string(m.Raw), "Subject: WIN") {
			return mailstore.Junk
		}
		return "" // the inbox
	})
	fmt.Println(box.Deliver(letter("WIN a prize"), mailstore.Delivery{}).Folder)
	fmt.Println(box.Deliver(letter("Order 7"), mailstore.Delivery{}).Folder)
	// Output:
	// Junk
	// Inbox
}

// The newest first, by time of receipt: all, those since a time, or a page of them.
func ExampleMailbox_List() {
	box := mailstore.New().Add("qa@example.com")
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for hour := range 4 {
		box.Deliver(letter(fmt.Sprintf("hour %d", hour)), mailstore.Delivery{Received: noon.Add(time.Duration(hour) * time.Hour)})
	}
	show := func(what string, list []mailstore.Message) {
		fmt.Print(what, ":")
		for _, m := range list {
			fmt.Printf(" %q", subject(m))
		}
		fmt.Println()
	}
	show("all", box.List(mailstore.Inbox))
	show("since", box.Since(mailstore.Inbox, noon.Add(2*time.Hour)))
	show("page", box.Page("", 1, 2)) // of every folder
	// Output:
	// all: "hour 3" "hour 2" "hour 1" "hour 0"
	// since: "hour 3" "hour 2"
	// page: "hour 2" "hour 1"
}

// What users and clients do with a mail, each act an entry in the log.
func ExampleMailbox_Update() {
	box := mailstore.New().Add("qa@example.com")
	m := box.Deliver(letter("Order 7"), mailstore.Delivery{})
	begin := box.Seq()

	check := func(_ mailstore.Message, err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	check(box.Update(m.Key, func(m *mailstore.Message) { m.Seen, m.Keywords = true, []string{"done"} }))
	check(box.Copy(m.Key, mailstore.Archive))
	check(box.Move(m.Key, mailstore.Trash))
	check(mailstore.Message{}, box.Delete(m.Key))
	for _, c := range box.Changes(begin) {
		fmt.Println(c.Kind, c.Message.Folder, c.Message.Keywords)
	}
	_, there := box.Get(m.Key)
	fmt.Println(there, errors.Is(box.Delete(m.Key), mailstore.ErrNotFound))
	// Output:
	// Flagged Inbox [done]
	// Added Archive [done]
	// Moved Trash [done]
	// Removed Trash [done]
	// false true
}

func ExampleMailbox_CreateFolder() {
	box := mailstore.New().Add("qa@example.com")
	fmt.Println(box.CreateFolder("Projects/2026"))
	for _, f := range box.Folders() {
		fmt.Println(f.Path)
	}
	fmt.Println(box.DeleteFolder("Projects")) // and what is below
	_, ok := box.Folder("Projects/2026")
	fmt.Println(ok, box.DeleteFolder(mailstore.Inbox))
	// Output:
	// <nil>
	// Inbox
	// Junk
	// Sent
	// Drafts
	// Trash
	// Archive
	// Projects
	// Projects/2026
	// <nil>
	// false mailstore: delete folder "Inbox": a standard folder
}

// The numbers by which IMAP names mails: they rise in a folder, and a reset makes them void.
func ExampleMailbox_Above() {
	box := mailstore.New().Add("qa@example.com")
	for n := range 3 {
		box.Deliver(letter(fmt.Sprintf("Order %d", n)), mailstore.Delivery{})
	}
	for _, m := range box.Above(mailstore.Inbox, 1) {
		fmt.Println(m.UID, subject(m))
	}
	before, _ := box.Folder(mailstore.Inbox)
	box.ResetFolder(mailstore.Inbox)
	after, _ := box.Folder(mailstore.Inbox)
	fmt.Println(after.UIDValidity > before.UIDValidity, after.UIDNext, after.Total, after.Unread)
	// Output:
	// 2 Order 1
	// 3 Order 2
	// true 4 3 3
}
