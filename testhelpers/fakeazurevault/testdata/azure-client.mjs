// Runs Azure's client for JavaScript, unchanged, against a fakeazurevault on the loopback interface.
//
//   node azure-client.mjs MODULES URL TOKEN VERSION
//
// Each step prints one line of JSON.
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, url, token, version] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));
const { SecretClient } = require("@azure/keyvault-secrets");

const step = (name, result) => console.log(JSON.stringify({ step: name, ...result }));
const open = (value) =>
  new SecretClient(url, { getToken: async (scopes) => (step("token", { scopes }), { token: value, expiresOnTimestamp: Date.now() + 3600000 }) }, {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
  });
const client = open(token);

step("get", { value: (await client.getSecret("mail")).value });
step("version", { value: (await client.getSecret("mail", { version })).value });
await client.setSecret("fresh", "one", { contentType: "text/plain", expiresOn: new Date("2036-01-02T03:04:05Z") });
const fresh = await client.getSecret("fresh");
step("set", { value: fresh.value, type: fresh.properties.contentType, expires: fresh.properties.expiresOn });

for (const [name, call] of Object.entries({
  missing: () => client.getSecret("none"),
  disabled: () => client.getSecret("off"),
  refused: () => open("wrong").getSecret("mail"),
})) {
  try {
    await call();
    step(name, { error: null });
  } catch (error) {
    step(name, { status: error.statusCode, error: error.code });
  }
}
