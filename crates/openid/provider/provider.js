// A certified OpenID provider (npm oidc-provider), configured to behave like FranceConnect v2. Tests start it by
// scripts/openid-provider. It reads one line of JSON from its standard input: { "clients": [...], "pkce": false }. When it
// listens, it prints its issuer. It ends with its standard input.
import { createServer } from 'node:http';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const MOUNT = '/api/v2';
// What FranceConnect's authorize endpoint takes; it refuses a request with any other parameter.
const LISTED = new Set(['response_type', 'client_id', 'redirect_uri', 'scope', 'acr_values', 'state', 'nonce', 'claims',
  'prompt', 'idp_hint', 'ui_locales']);

const lines = createInterface({ input: process.stdin });
const { clients, pkce } = JSON.parse(await new Promise((resolve) => lines.once('line', resolve)));
process.stdin.on('end', () => process.exit(0));

const key = (type, options, kid, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig',
});
const known = new Map([
  ['ada', { given_name: 'Ada', family_name: 'Lovelace', birthdate: '1985-12-10', email: 'ada@example.org' }],
  ['child', { given_name: 'Anne', family_name: 'Jeune', birthdate: '2015-06-01', email: 'anne@example.org' }],
]);
// Those that tests know by name, and as many others as they want, also of a birth date of their choice or of none.
const person = (id) => {
  if (known.has(id)) return known.get(id);
  const ada = known.get('ada');
  if (/^person-[0-9]+$/.test(id)) return { ...ada, given_name: id };
  if (/^born-[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(id)) return { ...ada, birthdate: id.slice(5) };
  if (id === 'ageless') return { given_name: 'Sans', family_name: 'Date', email: 'ada@example.org' };
  return undefined;
};

const server = createServer((request, response) => void answer(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}${MOUNT}`;

const provider = new Provider(issuer, {
  clients,
  jwks: { keys: [key('ec', { namedCurve: 'P-256' }, 'es', 'ES256'), key('rsa', { modulusLength: 2048 }, 'rs', 'RS256')] },
  acrValues: ['eidas1', 'eidas2', 'eidas3'],
  claims: {
    openid: ['sub', 'acr'], given_name: ['given_name'], family_name: ['family_name'], birthdate: ['birthdate'], email: ['email'],
  },
  clientAuthMethods: ['client_secret_post', 'private_key_jwt'],
  conformIdTokenClaims: true,
  cookies: { keys: ['a key for the cookies of a test'] },
  subjectTypes: ['pairwise'],
  // As FranceConnect: made of the person and the client's sector, with a mark of its version.
  pairwiseIdentifier: (_, account, client) =>
    `${createHash('sha256').update(`${client.clientId} ${account}`).digest('hex')}v1`,
  pkce: { required: () => false },
  responseTypes: ['code'],
  routes: { authorization: '/authorize', token: '/token', userinfo: '/userinfo', jwks: '/jwks', end_session: '/session/end' },
  ttl: { AuthorizationCode: 30, AccessToken: 60, IdToken: 60, Interaction: 600, Grant: 600, Session: 600 },
  features: {
    claimsParameter: { enabled: true },
    devInteractions: { enabled: false },
    encryption: { enabled: true },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  enabledJWA: {
    idTokenEncryptionAlgValues: ['ECDH-ES', 'RSA-OAEP', 'RSA-OAEP-256'],
    idTokenEncryptionEncValues: ['A256GCM'],
    userinfoEncryptionAlgValues: ['ECDH-ES', 'RSA-OAEP', 'RSA-OAEP-256'],
    userinfoEncryptionEncValues: ['A256GCM'],
  },
  interactions: { url: (_, interaction) => `${MOUNT}/interaction/${interaction.uid}` },
  findAccount: (_, id) => person(id) && {
    accountId: id,
    claims: () => ({ sub: id, ...person(id) }),
  },
});
const callback = provider.callback();

async function answer(request, response) {
  const url = new URL(request.url, issuer);
  if (url.pathname === `${MOUNT}/authorize` && !taken(url.searchParams)) {
    response.writeHead(400).end('Y000400');
  } else if (url.pathname.startsWith(`${MOUNT}/interaction/`)) {
    await interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
  } else {
    request.originalUrl = request.url;
    request.url = request.url.slice(MOUNT.length) || '/';
    callback(request, response);
  }
}

function taken(query) {
  const long = (name) => (query.get(name) ?? '').length >= 32;
  const listed = [...query.keys()].every((name) => LISTED.has(name) || (pkce && name.startsWith('code_challenge')));
  return long('state') && long('nonce') && query.has('acr_values') && listed;
}

// The page to sign in at: a form with a person's name and a level, and a way to say no.
async function interact(request, response) {
  const { uid, params } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<form method="post" action="${MOUNT}/interaction/${uid}"><input name="person" aria-label="person"><input name="acr" aria-label="acr"><button>Sign in</button></form>`);
    return;
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  if (!person(form.get('person'))) {
    const result = { error: 'access_denied', error_description: 'the person went back' };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    return;
  }
  const grant = new provider.Grant({ accountId: form.get('person'), clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const login = { accountId: form.get('person'), acr: form.get('acr'), remember: false };
  const result = { login, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

console.log(issuer);
