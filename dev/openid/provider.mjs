// An OpenID provider whose people and their claims stand in a JSON file, read at each log-in.
// Anybody who types a name of that file is let in: it listens on loopback, for tests.
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const { PORT, PEOPLE, CLIENT, SECRET, REDIRECT } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;
const people = () => JSON.parse(readFileSync(PEOPLE, "utf8"));

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: CLIENT,
      client_secret: SECRET,
      redirect_uris: [REDIRECT],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  pkce: { required: () => true },
  claims: {
    openid: ["sub"],
    profile: ["name", "given_name", "family_name", "preferred_username"],
    email: ["email", "email_verified"],
    entitlements: ["entitlements", "eduperson_entitlement"],
  },
  cookies: { keys: [SECRET] },
  async findAccount(_ctx, id) {
    const claims = people()[id];
    return claims && { accountId: id, claims: async () => ({ sub: id, ...claims }) };
  },
  // Nobody is asked for consent.
  async loadExistingGrant(ctx) {
    const { client, session, params } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({
      clientId: client.clientId,
      accountId: session.accountId,
    });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
});
provider.listen(Number(PORT), "127.0.0.1");
