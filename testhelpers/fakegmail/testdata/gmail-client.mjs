// What a mail test does with Google's own client for JavaScript, @googleapis/gmail. Run as
//
//	node gmail-client.mjs <folder with node_modules> <root URL of the fake> <key file> <user>
//
// It prints one line of JSON for each step and ends with status 0 if all of them went well.
import { createSign } from "node:crypto";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import assert from "node:assert/strict";

const [modules, root, keyFile, user] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(modules), "index.js"));
const { gmail, auth } = require("@googleapis/gmail");

const key = JSON.parse(readFileSync(keyFile, "utf8"));
const scopes = ["https://www.googleapis.com/auth/gmail.modify"];

// The library's own JWT class posts to Google's token endpoint and nowhere else, so that the exchange
// is made here: RFC 7523, at the token_uri of the key file.
async function token() {
  const now = Math.floor(Date.now() / 1000);
  const part = (v) => Buffer.from(JSON.stringify(v)).toString("base64url");
  const head = { alg: "RS256", typ: "JWT", kid: key.private_key_id };
  const claims = { iss: key.client_email, scope: scopes.join(" "), aud: key.token_uri, iat: now - 10, exp: now + 3590, sub: user };
  const text = part(head) + "." + part(claims);
  const signature = createSign("RSA-SHA256").update(text).sign(key.private_key, "base64url");
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: text + "." + signature,
  });
  const r = await fetch(key.token_uri, { method: "POST", body });
  assert.equal(r.status, 200);
  return (await r.json()).access_token;
}

const oauth = new auth.OAuth2();
oauth.setCredentials({ access_token: await token() });
// rootUrl moves all requests but uploads, which go to Google's own host unless an interceptor says
// otherwise.
oauth.transporter.interceptors.request.add({
  resolved: async (config) => {
    config.url = new URL(config.url.pathname + config.url.search, root);
    return config;
  },
});
const api = gmail({ version: "v1", auth: oauth, rootUrl: root.endsWith("/") ? root : root + "/" });
const step = (name, detail) => console.log(JSON.stringify({ step: name, ...detail }));

const start = (await api.users.getProfile({ userId: "me" })).data;
assert.equal(start.emailAddress, user);
step("profile", { historyId: start.historyId });

const text = (n) => `From: shop@contoso.example\r\nTo: ${user}\r\nSubject: Mail ${n}\r\nMessage-ID: <npm${n}@contoso.example>\r\n\r\nThe code is 12345${n} & more\r\n`;
for (let n = 0; n < 5; n++) {
  const { data } = await api.users.messages.insert({
    userId: "me",
    requestBody: { labelIds: ["INBOX", "UNREAD"], raw: Buffer.from(text(n)).toString("base64url") },
  });
  assert.deepEqual([...data.labelIds].sort(), ["INBOX", "UNREAD"]);
}
const uploaded = await api.users.messages.insert({
  userId: "me",
  requestBody: { labelIds: ["INBOX"] },
  media: { mimeType: "message/rfc822", body: text(5) },
});
step("insert", { id: uploaded.data.id });

const ids = new Set();
let pages = 0;
for (let pageToken; ; ) {
  const { data } = await api.users.messages.list({ userId: "me", labelIds: ["INBOX"], maxResults: 2, pageToken });
  for (const m of data.messages ?? []) ids.add(m.id);
  pages++;
  if (!(pageToken = data.nextPageToken)) break;
}
assert.ok(ids.size >= 6 && pages >= 3);
assert.ok(ids.has(uploaded.data.id));
step("list", { pages, found: ids.size });

const full = (await api.users.messages.get({ userId: "me", id: uploaded.data.id })).data;
assert.equal(Buffer.from(full.payload.body.data, "base64url").toString(), "The code is 123455 & more\r\n");
assert.equal(full.snippet, "The code is 123455 &amp; more");
assert.equal(typeof full.internalDate, "string");
const raw = (await api.users.messages.get({ userId: "me", id: uploaded.data.id, format: "raw" })).data;
assert.equal(Buffer.from(raw.raw, "base64url").toString(), text(5));
step("get", { subject: full.payload.headers.find((h) => h.name === "Subject").value });

const history = (await api.users.history.list({ userId: "me", startHistoryId: start.historyId, historyTypes: ["messageAdded"] })).data;
const added = new Set((history.history ?? []).flatMap((r) => r.messagesAdded ?? []).map((a) => a.message.id));
assert.equal(added.size, 6);
step("history", { added: added.size });

const sent = (await api.users.messages.send({ userId: "me", requestBody: { raw: Buffer.from(text(6)).toString("base64url") } })).data;
assert.ok(sent.labelIds.includes("SENT"));
step("send", { labels: sent.labelIds });

await assert.rejects(api.users.messages.delete({ userId: "me", id: sent.id }), (e) => {
  assert.equal(Number(e.status ?? e.code), 403);
  assert.match(e.message, /insufficient authentication scopes|Insufficient Permission/);
  return true;
});
await assert.rejects(api.users.messages.get({ userId: "me", id: "19a0000009000009" }), (e) => Number(e.status ?? e.code) === 404);
step("error", {});
