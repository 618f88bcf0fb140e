// Runs Microsoft's clients for JavaScript, unchanged, against a fakegraph on the loopback interface.
//
//   node graph-client.mjs MODULES URL TENANT CLIENT_ID CLIENT_SECRET MAILBOX
//
// MODULES is the folder whose node_modules has @azure/identity and @microsoft/microsoft-graph-client.
// Each step prints one line of JSON; NODE_EXTRA_CA_CERTS names the certificate authority.
import { createRequire } from "node:module";
import { join } from "node:path";
import assert from "node:assert/strict";

const [modules, url, tenant, clientId, secret, mailbox] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));
const { ClientSecretCredential } = require("@azure/identity");
const { Client, PageIterator, ResponseType } = require("@microsoft/microsoft-graph-client");

const step = (name, result) => console.log(JSON.stringify({ step: name, ...result }));

const options = { authorityHost: url, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } };
const scope = "https://graph.microsoft.com/.default";
const credential = new ClientSecretCredential(tenant, clientId, secret, options);
const token = await credential.getToken(scope);
assert.ok(token.expiresOnTimestamp > Date.now());
step("token", { minutes: Math.round((token.expiresOnTimestamp - Date.now()) / 60000) });

try {
  await new ClientSecretCredential(tenant, clientId, "wrong", options).getToken(scope);
  assert.fail("a wrong secret was accepted");
} catch (error) {
  step("refused", { message: error.message });
}

const client = Client.init({
  baseUrl: url + "/",
  customHosts: new Set([new URL(url).hostname]),
  authProvider: async (done) => {
    try {
      done(null, (await credential.getToken(scope)).token);
    } catch (error) {
      done(error, null);
    }
  },
});
const user = `/users/${encodeURIComponent(mailbox)}`;

const subjects = [];
const first = await client.api(`${user}/messages`).top(4).select("subject,receivedDateTime").get();
await new PageIterator(client, first, (m) => subjects.push(m.subject)).iterate();
step("list", { subjects });

const filtered = await client.api(`${user}/mailFolders/inbox/messages`)
  .filter("receivedDateTime ge 1900-01-01T00:00:00Z and subject eq 'Mail 3'").orderby("receivedDateTime desc").count(true).get();
step("filter", { subjects: filtered.value.map((m) => m.subject), count: filtered["@odata.count"] });

const id = filtered.value[0].id;
const message = await client.api(`${user}/messages/${id}`).header("Prefer", 'outlook.body-content-type="text"').get();
step("get", { subject: message.subject, body: message.body });

const mime = await client.api(`${user}/messages/${id}/$value`).responseType(ResponseType.TEXT).get();
step("value", { subject: /^Subject: (.*)\r$/m.exec(mime)?.[1] });

await client.api(`${user}/sendMail`).post({
  message: {
    subject: "From JavaScript",
    body: { contentType: "HTML", content: "<p>Hello</p>" },
    toRecipients: [{ emailAddress: { address: mailbox } }],
  },
  saveToSentItems: false,
});
step("send", {});

const moved = await client.api(`${user}/messages/${id}/move`).post({ destinationId: "archive" });
step("move", { subject: moved.subject, newId: moved.id !== id });

try {
  await client.api(`${user}/messages/${id}`).get();
  assert.fail("a mail that moved was found under its old id");
} catch (error) {
  step("error", { statusCode: error.statusCode, code: error.code });
}
