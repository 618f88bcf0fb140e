// Package fakegraph imitates Microsoft Entra's token endpoint and the mail part of Microsoft Graph,
// over the mailboxes of a [mailstore.Store]: what a program that reads or sends Office 365 mail with
// client credentials talks to. It is an independent reading of Microsoft's documents and of what
// people saw of the service; it knows neither Microsoft's SDK nor any client.
//
//	store := mailstore.New()
//	store.Add("qa@contoso.example")
//	fake := fakegraph.New(store, nil)
//	app := fake.AddApp(fakegraph.App{})
//	client := &http.Client{Transport: fake.RoundTripper()}
//	// app.Tenant, app.ClientID, app.Secret() are what the program under test is given.
//
// # Doors
//
// [Fake.RoundTripper] takes requests in memory, by their host: login.microsoftonline.com,
// graph.microsoft.com and the hosts of the other clouds. [Fake.Start] listens on the loopback
// interface by TLS, with Entra and Graph at one root. The links in answers carry the host of the
// request.
//
// # Directory
//
// A mailbox of the store is a licensed user; [Fake.NoMailbox] makes one that is not. Apps are
// registered by [Fake.AddApp] and changed by [Fake.ChangeApp]: secrets, certificates, federated
// credentials, admin consent, RBAC grants, access policy.
//
// # Faults
//
// The Front that the fake embeds counts requests and makes them fail, by these kinds: discovery,
// openid, token, keys; list, search, count, delta, get, value, attachments, attach, upload, create,
// patch, send, move, delete, folders, ids, batch; other. send is sendMail, reply, forward and the
// sending of a draft, create is every request that makes a draft, move is also copy. [GraphError]
// and [EntraError] give the service's own errors as faults, [Fake.Quirk] its quieter ones.
//
//	fake.Faults.Push(fakegraph.GraphError("list", "MailboxNotEnabledForRESTAPI"))
//	fake.ExpireTokens()
//	n := fake.Counter.Count("list")
//
// # What is doubtful
//
// Where the documents and what people see of the service differ, [Options] has a switch.
// ASSUMPTIONS.md, in this folder, lists each with its evidence.
package fakegraph
