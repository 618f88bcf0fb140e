// Runs Google's client for JavaScript, unchanged and by REST, against a fakegcp on the loopback interface.
//
//   node gcp-client.mjs MODULES PORT TOKEN
//
// Each step prints one line of JSON.
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, port, token] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));
const { SecretManagerServiceClient } = require("@google-cloud/secret-manager");
const { OAuth2Client } = require("google-auth-library");

const step = (name, result) => console.log(JSON.stringify({ step: name, ...result }));
const open = (value) => {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: value });
  return new SecretManagerServiceClient({ fallback: true, apiEndpoint: "127.0.0.1", port: Number(port), protocol: "http", authClient });
};
const client = open(token);
const secret = "projects/contoso/secrets/mail";
const options = { maxRetries: 0 };
const access = async (c, version) => {
  const [answer] = await c.accessSecretVersion({ name: `${secret}/versions/${version}` }, options);
  return { name: answer.name, value: Buffer.from(answer.payload.data).toString(), checked: Number(answer.payload.dataCrc32c) > 0 };
};

step("latest", await access(client, "latest"));
step("version", await access(client, "1"));
await client.createSecret({ parent: "projects/contoso", secretId: "fresh", secret: { replication: { automatic: {} } } }, options);
const [added] = await client.addSecretVersion({ parent: "projects/contoso/secrets/fresh", payload: { data: Buffer.from("one") } }, options);
step("add", { name: added.name });

for (const [name, call] of Object.entries({ missing: () => access(client, "9"), refused: () => access(open("wrong"), "latest") })) {
  try {
    await call();
    step(name, { error: null });
  } catch (error) {
    step(name, { code: error.code, status: error.status ?? error.statusDetails?.status });
  }
}
