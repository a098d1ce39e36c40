// npm's oidc-provider as an organisation would run it, on this machine: node oidc_provider.mjs NODE_MODULES PORT ADDRESS_BACK
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, port, back] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(join(modules, "oidc-provider", "lib", "index.js")));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "portal", client_secret: "s:cret & 100 %", redirect_uris: [back], grant_types: ["authorization_code"], response_types: ["code"] }],
  claims: { openid: ["sub", "groups"], profile: ["name", "preferred_username"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["only for a test"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} of the provider`, preferred_username: id, groups: ["sre"] }) }),
  pkce: { required: () => true },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
